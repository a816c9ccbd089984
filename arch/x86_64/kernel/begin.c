// SPDX-License-Identifier: MIT
// What the start of x86_64 has for itself: GS for arch_cpu(), and the instructions that load bases
// of segments, of which only some processors have the better ones.
#include "arch/x86/boot.h"
#include "arch/x86/start.h"
#include <arch/arch.h>
#include "kernel/string.h"

uintptr_t kernel_offset = KERNEL_BASE;
const uint64_t boot_reach = 1ull << 32;

static struct cpu no_cpu; // what arch_cpu() reads before arch_cpu_init: nullptr

struct jump {
    uint8_t *from, *to;
};
extern const struct jump switch_begin[], switch_end[];
extern uint8_t *const base_begin[], *const base_end[];

static void patch_bases(void)
{
    // wrfsbase %rax, and a no-operation of two bytes
    static const uint8_t write[] = {0xf3, 0x48, 0x0f, 0xae, 0xd0, 0x66, 0x90};
    for (uint8_t *const *at = base_begin; at < base_end; at++) code_put(*at, write, sizeof write);
    for (const struct jump *jump = switch_begin; jump < switch_end; jump++) {
        uint8_t code[5] = {0xe9};
        int32_t distance = (int32_t)(jump->to - (jump->from + sizeof code));
        memcpy(code + 1, &distance, sizeof distance);
        code_put(jump->from, code, sizeof code);
    }
}

void start_begin(void)
{
    msr_write(MSR_GS_BASE, (uintptr_t)&no_cpu);
}

void start_prepare(struct bootinfo *info)
{
    if (cpuid_if_present(7, 0).ebx & CPUID_7_B_FSGSBASE) patch_bases();
}
