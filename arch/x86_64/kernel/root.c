// SPDX-License-Identifier: MIT
// The tops of address spaces, and loading them. Process-context identifiers, where the processor
// has them, keep translations across switches. A space has one for life, shared with others when
// there are many. Whenever its translations change it gets a new stamp, which no other space ever
// had; each CPU notes for each identifier the stamp whose translations it keeps. Guarded by the
// kernel lock.
#include "arch/x86/cpu.h"
#include "arch/x86/space.h"
#include "arch/x86/table.h"
#include "kernel/memory/page.h"
#include "kernel/memory/space.h"
#include "kernel/string.h"

enum : uint64_t { IDENTIFIER_COUNT = 512, KEEP_TRANSLATIONS = 1ull << 63 };
constexpr uint64_t IDENTIFIER_MASK = ARCH_PAGE_SIZE - 1; // in `root`, as in CR3

static uint64_t identifier_last, stamp_last; // identifier 0 is the kernel's alone

// The stamps that a CPU noted, by identifier.
static uint64_t *cpu_stamps(struct cpu *cpu)
{
    return (uint64_t *)cpu->arch[CPU_STAMPS];
}

enum status arch_space_init(struct arch_space *space)
{
    struct page *page = space_table_allocate(space);
    if (page == nullptr) return ERR_NO_MEMORY;

    uint64_t *root = page_address(page);
    const uint64_t *kernel = arch_physical_to_virtual(kernel_root);
    memcpy(root + TABLE_USER_TOPS, kernel + TABLE_USER_TOPS,
           (TABLE_TOP_ENTRIES - TABLE_USER_TOPS) * sizeof *root);
    identifier_last = identifier_last % (IDENTIFIER_COUNT - 1) + 1;
    *space = (struct arch_space){.root = page_physical(page)};
    if (cr4_read() & CR4_PCIDE) {
        space->root |= identifier_last | KEEP_TRANSLATIONS;
    }
    space->stamp = ++stamp_last;
    return OK;
}

void arch_space_fini(struct arch_space *space)
{
    if (space->root == 0) return; // arch_space_init had no page for it
    space_table_free(space, page_of(space->root & TABLE_ADDRESS));
    space->root = 0;
}

void space_change(struct arch_space *space)
{
    space->stamp = ++stamp_last;
}

void space_note(struct cpu *cpu, const struct arch_space *space)
{
    cpu_stamps(cpu)[space->root & IDENTIFIER_MASK] = space->stamp;
}

void arch_space_switch(struct arch_space *space)
{
    if (space == nullptr) {
        cr3_write(kernel_root);
        return;
    }
    if (arch_space_is_ready(space)) {
        arch_space_use(space);
        return;
    }
    space_note(arch_cpu(), space);
    space_load(space->root & ~KEEP_TRANSLATIONS);
}
