// SPDX-License-Identifier: MIT
// What both kinds of x86 make ready on each processor in the same way: the table of vectors, which
// is shared and never changes after the first CPU filled it, and every protection there is.
#include "arch/x86/cpu.h"
#include "arch/x86/float.h"
#include <arch/arch.h>
#include <arch/kernel/offset.h>
#include "kernel/log.h"

enum : uint32_t { VECTOR_COUNT = 256, STUB_SIZE = 16, GATE_WORDS = sizeof(uintptr_t) / 4 };
enum : uint64_t { GATE_INTERRUPT = 0x8eull << 40, GATE_OF_USERS = 3ull << 45 };

extern const uint8_t vector_stubs[VECTOR_COUNT][STUB_SIZE];

static uint64_t idt[VECTOR_COUNT][GATE_WORDS];

static void gate_set(uint32_t vector, uint64_t kind)
{
    uintptr_t stub = (uintptr_t)vector_stubs[vector];

    idt[vector][GATE_WORDS - 1] = (uint64_t)stub >> 32; // of one word, the next line has all
    idt[vector][0] = kind | (stub & 0xffff) | (uint64_t)ENTRY_KERNEL_CODE << 16 |
                     (uint64_t)(stub >> 16 & 0xffff) << 48;
}

static void vectors_fill(void)
{
    for (uint32_t vector = 0; vector < VECTOR_COUNT; vector++) gate_set(vector, GATE_INTERRUPT);
    gate_set(EXCEPTION_BREAKPOINT, GATE_INTERRUPT | GATE_OF_USERS);
    if (VECTOR_SYSCALL < VECTOR_COUNT) gate_set(VECTOR_SYSCALL, GATE_INTERRUPT | GATE_OF_USERS);
    for (uint32_t i = 0; i < SPECIAL_COUNT; i++)
        idt[special_vector[i]][0] = gate_special(idt[special_vector[i]][0], i);
}

const uint8_t special_vector[SPECIAL_COUNT] = {EXCEPTION_NMI, EXCEPTION_DOUBLE_FAULT,
                                               EXCEPTION_MACHINE_CHECK};

void vectors_load(void)
{
    struct [[gnu::packed]] {
        uint16_t limit;
        uintptr_t base;
    } table = {sizeof idt - 1, (uintptr_t)idt};

    if (idt[0][0] == 0) vectors_fill();
    __asm__ volatile("lidt %0" : : "m"(table));
}

void protection_enable(struct cpu *cpu, uintptr_t more)
{
    uintptr_t cr4 = cr4_read() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | more;

    if (!cpu_feature_use(FEATURE_NX)) panic("this processor cannot forbid to execute");
    if (cpu_feature_use(FEATURE_SMEP)) cr4 |= CR4_SMEP;
    if (cpu_feature_use(FEATURE_SMAP)) cr4 |= CR4_SMAP;
    if (cpu_feature_use(FEATURE_UMIP)) cr4 |= CR4_UMIP;
    if (cpu_feature_use(FEATURE_MCE)) cr4 |= CR4_MCE;
    cr4_write(cr4);
    cr0_write((cr0_read() & ~(uintptr_t)CR0_EM) | CR0_MP | CR0_NE | CR0_WP | CR0_TS);
    // Write-combining takes the place of write-through in entry 1 (SPACE_WRITE_COMBINE).
    msr_write(MSR_PAT, 0x0007'0406'0007'0106);
    float_init_cpu();
    cpu->hardware_id = cpuid(1, 0).ebx >> 24;
}

void arch_halt(void)
{
    for (;;) __asm__ volatile("cli; hlt");
}
