// SPDX-License-Identifier: MIT
// The empty port: CPU, frames, floating point and time as plain variables. What would stop or end a
// machine ends the test.
#include <arch/arch.h>
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct none_machine none_machine;

extern const char image_start[], image_end[];
const char image_start[1], image_end[1]; // there is no kernel image whose symbols could be found

const char *const arch_feature[] = {"played", "missing", nullptr};

void arch_cpu_init(struct cpu *cpu)
{
    none_machine.cpu = cpu;
    cpu->features = cpu->features_used = 1;
}

void arch_devices_init(const struct bootinfo *info) {}

void arch_cpus_find(const struct bootinfo *info) {}

void arch_doze(void) {}

enum status arch_cpu_start(struct cpu *cpu)
{
    return ERR_NOT_SUPPORTED;
}

void arch_console_early(const struct bootinfo *info) {}

void arch_leave(void)
{
    abort();
}

void arch_halt(void)
{
    abort();
}

enum status arch_power(uint32_t action, uint32_t exit_code)
{
    return ERR_NOT_SUPPORTED;
}

bool arch_entropy(const struct bootinfo *info, uint8_t seed[64])
{
    memset(seed, 0x5a, 64);
    return false;
}

void arch_frame_init(struct frame *frame, uintptr_t entry, uintptr_t stack, uintptr_t argument)
{
    uintptr_t pointer = frame->thread_pointer;
    *frame =
        (struct frame){.reg = {argument}, .pc = entry, .stack = stack, .thread_pointer = pointer};
}

void arch_frame_sanitise(struct frame *frame) {}

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    if (line > 0) return false;
    print("pc %lx stack %lx\n", (unsigned long)frame->pc, (unsigned long)frame->stack);
    return true;
}

size_t arch_float_size(void)
{
    return 64;
}

void arch_float_init(struct float_state *state)
{
    memset(state, 0, arch_float_size());
}

void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    return nullptr;
}

uint64_t arch_counter_frequency(void)
{
    return 1'000'000'000;
}
