// SPDX-License-Identifier: MIT
// What the inline half of the contract has in common on i386 and x86_64. A port includes it after
// its struct frame and its words of struct cpu, and says by CPU_SEGMENT which segment is the CPU's
// own in the kernel. See arch/arch.h for what each function promises.
#pragma once

static inline void arch_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

static inline struct cpu *arch_cpu(void)
{
    struct cpu *cpu;
    __asm__("mov %%" CPU_SEGMENT ":0, %0" : "=r"(cpu));
    return cpu;
}

// Lets one interrupt in, unless one waits already: its handler (trap_kernel) notes the vector and
// leaves interrupts masked, and the exit path handles it. There is room for one.
static inline bool arch_interrupt_pending(void)
{
    uintptr_t vector;
    __asm__ volatile("mov %%" CPU_SEGMENT ":%c1, %0; test %0, %0; jnz 1f; "
                     "sti; nop; cli; mov %%" CPU_SEGMENT ":%c1, %0; 1:"
                     : "=&r"(vector)
                     : "i"(offsetof(struct cpu, arch) + CPU_PENDING * sizeof(uintptr_t))
                     : "memory", "cc");
    return vector != 0;
}

static inline void arch_float_enable(bool on)
{
    if (on) {
        __asm__ volatile("clts");
    } else {
        cr0_write(cr0_read() | CR0_TS);
    }
}

void clock_timer_set(uint64_t counter);

static inline void arch_timer_set(uint64_t counter)
{
    clock_timer_set(counter);
}

static inline uint64_t arch_counter(void)
{
    return tsc_read();
}
