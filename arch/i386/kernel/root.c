// SPDX-License-Identifier: MIT
// The tops of address spaces, and loading them. The processor reads the four entries of a top only
// when it is loaded, so the two user directories are there from the start, and stay. Guarded by the
// kernel lock.
#include "arch/x86/cpu.h"
#include "arch/x86/space.h"
#include "arch/x86/table.h"
#include "kernel/memory/page.h"
#include "kernel/memory/space.h"
#include "kernel/string.h"

enum status arch_space_init(struct arch_space *space)
{
    struct page *page[1 + TABLE_USER_TOPS];

    *space = (struct arch_space){};
    for (uint32_t i = 0; i < 1 + TABLE_USER_TOPS; i++) {
        page[i] = space_table_allocate(space);
        if (page[i] != nullptr) continue;
        while (i > 0) space_table_free(space, page[--i]);
        return ERR_NO_MEMORY;
    }
    uint64_t *top = page_address(page[0]);
    memcpy(top, arch_physical_to_virtual(kernel_root), TABLE_TOP_ENTRIES * sizeof *top);
    for (uint32_t i = 0; i < TABLE_USER_TOPS; i++) {
        top[i] = page_physical(page[1 + i]) | TABLE_TOP_LINK;
        (void)table_count(&top[i], 1); // for the space itself
    }
    space->root = (uint32_t)page_physical(page[0]);
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return; // arch_space_init had no page for it
    const uint64_t *top = arch_physical_to_virtual(space->root);
    for (uint32_t i = 0; i < TABLE_USER_TOPS; i++) {
        (void)table_count(&top[i], -1);
        space_table_free(space, page_of(top[i] & TABLE_ADDRESS));
    }
    space_table_free(space, page_of(space->root));
    space->root = 0;
}

void space_change(struct arch_space *space)
{
    space->version++;
}

// Loading a space forgets all that was before.
void space_note(struct cpu *, const struct arch_space *) {}

void arch_space_switch(struct arch_space *space)
{
    cr3_write(space != nullptr ? space->root : (uintptr_t)kernel_root);
}
