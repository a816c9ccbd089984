// SPDX-License-Identifier: MIT
// The kernel's half of the address space as this port has it (arch/paged/kernel/half.c has what is
// common): how many levels of tables there are.
//
// The user's half ends higher up, and RAM begins further down, the more levels there are; devices
// and image are where Sv39 has them in any case.
#include "map.h"
#include "arch/riscv/kernel/feature.h"
#include "kernel/schedule/cpu.h"
#include "space.h"
#include <arch/arch.h>

enum : uint64_t { MODE_SV39 = 8, MODE_SHIFT = 60 };

EARLY uint64_t map_ram, map_user_end;
EARLY uint32_t map_top;
uint64_t map_types;

static uint64_t satp_of(uint32_t top)
{
    uint64_t root = half_root();
    return (MODE_SV39 + top - 2) << MODE_SHIFT | root >> TABLE_SHIFT;
}

// Tries the modes with most levels first, in a table that leaves everything where it is: a mode
// that the CPU does not have is not taken, and nothing changes then.
static uint32_t find_top(void)
{
    for (uint32_t top = TABLE_LEVELS - 1; top > 2; top--) {
        uint64_t satp = satp_of(top), taken;
        uint64_t *entry = &map_root[entry_index(half_physical(), top)];
        *entry = entry_of_page(half_physical() & ~(entry_span(top) - 1), top,
                               entry_access(SPACE_READ | SPACE_WRITE | SPACE_EXECUTE));
        __asm__ volatile("sfence.vma\n\tcsrw satp, %1\n\tcsrr %0, satp\n\tcsrw satp, zero\n\t"
                         "sfence.vma"
                         : "=&r"(taken)
                         : "r"(satp)
                         : "memory");
        *entry = 0;
        if (taken == satp) return top;
    }
    return 2;
}

uint64_t map_early(uint64_t dtb)
{
    half_begin();
    map_top = find_top();
    map_user_end = entry_span(map_top) * USER_TOPS;
    map_ram = -map_user_end;
    half_map_image(entry_kernel_flags(SPACE_READ | SPACE_EXECUTE), dtb);
    return satp_of(map_top);
}

// What was mapped before is of the kind that hardware knows.
void space_find_types(void)
{
    if (cpu_feature_use(FEATURE_SVPBMT)) map_types = ENTRY_TYPE;
}

void map_kernel(struct bootinfo *info)
{
    half_map_ram(info);
}

uint64_t map_satp(void)
{
    return satp_of(map_top);
}
