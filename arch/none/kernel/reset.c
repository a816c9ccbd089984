// SPDX-License-Identifier: MIT
// A fresh machine for each test of the kernel: RAM of its own, one CPU, and the start of the
// portable kernel up to the point where init would be made.
#include <arch/arch.h>
#include "kernel/main.h"
#include "kernel/schedule/cpu.h"
#include <stdlib.h>
#include <string.h>

void none_reset(void)
{
    free(none_machine.ram);
    none_machine = (struct none_machine){.ram = aligned_alloc(ARCH_PAGE_SIZE, NONE_RAM_SIZE),
                                         .timer = UINT64_MAX};
    none_space_reset();
    memset(none_machine.ram, 0xa5, NONE_RAM_SIZE);
    static struct boot_memory memory;
    memory = (struct boot_memory){NONE_RAM_BASE, NONE_RAM_SIZE, BOOT_MEMORY_RAM, 0};
    struct bootinfo info = {.memory = &memory, .memory_count = 1, .protocol = "none"};
    kernel_start(&info);
}
