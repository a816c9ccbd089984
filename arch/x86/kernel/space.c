// SPDX-License-Identifier: MIT
// Forgetting translations that have changed: CPUs that have the space loaded are asked to at once.
// What is at the top of a space, and loading it, is the port's: root.c. Guarded by the kernel lock.
#include "arch/paged/kernel/table.h"
#include "arch/x86/space.h"
#include "kernel/memory/space.h"
#include "kernel/schedule/lock.h"

struct range {
    uintptr_t address;
    size_t size;
};

// This CPU's translations of the range in the space that it has loaded.
static void forget(struct cpu *cpu, void *context)
{
    constexpr size_t single_limit = 32 * ARCH_PAGE_SIZE;
    const struct range *range = context;
    struct arch_space *space = &cpu->space->arch;

    space_note(cpu, space);
    if (range->size > single_limit) {
        cr3_write(cr3_read());
        return;
    }
    for (size_t done = 0; done < range->size; done += ARCH_PAGE_SIZE) {
        __asm__ volatile("invlpg (%0)" ::"r"(range->address + done) : "memory");
    }
}

void space_forget(struct arch_space *space, uintptr_t address, size_t size)
{
    struct range range = {address, size};
    struct cpu *self = arch_cpu();
    struct space *whole = CONTAINER(space, struct space, arch);

    space_change(space);
    if (self->space == whole) forget(self, &range);
    lock_ask_users(whole, forget, &range);
}

// Nothing is remembered of what was not there.
void space_show(const struct arch_space *, uintptr_t, size_t) {}

void space_refetch(uint64_t, size_t) {}
