// SPDX-License-Identifier: MIT
// What every RISC-V kernel's half of the contract has in common, whichever mode it runs in and
// however wide its registers are. Included by arch/<isa>/inline.h, which has defined struct frame.
#pragma once

#include "kernel/schedule/cpu.h"

// A frame record lies below what the frame pointer says: the caller's, then the return address.
constexpr uintptr_t ARCH_RECORD_BELOW = 2 * sizeof(uintptr_t);

extern bool cpu_has_float; // registers for double precision

#define ARCH_RARE // no convention of seldom called functions

// What a port keeps in struct cpu's `arch` words.
enum { CPU_STAMPS };

#define CSR_TEXT_OF(name) #name
#define CSR_TEXT(name) CSR_TEXT_OF(name)
#define CSR_READ(name)                                                                             \
    ({                                                                                             \
        uintptr_t csr_value;                                                                       \
        __asm__ volatile("csrr %0, " CSR_TEXT(name) : "=r"(csr_value) : : "memory");               \
        csr_value;                                                                                 \
    })
#define CSR_WRITE(name, value)                                                                     \
    __asm__ volatile("csrw " CSR_TEXT(name) ", %0" : : "rK"((uintptr_t)(value)) : "memory")
#define CSR_SET(name, bits)                                                                        \
    __asm__ volatile("csrs " CSR_TEXT(name) ", %0" : : "rK"((uintptr_t)(bits)) : "memory")
#define CSR_CLEAR(name, bits)                                                                      \
    __asm__ volatile("csrc " CSR_TEXT(name) ", %0" : : "rK"((uintptr_t)(bits)) : "memory")

#include "arch/riscv/float.h"

register struct cpu *cpu_pointer __asm__("tp"); // while the kernel runs

static inline struct cpu *arch_cpu(void)
{
    return cpu_pointer;
}

static inline void arch_relax(void)
{
    __asm__ volatile(".insn i 0x0f, 0, x0, x0, 0x010" : : : "memory"); // pause: a hint elsewhere
}

static inline bool arch_interrupt_pending(void)
{
    return (CSR_READ(CSR_IP) & CSR_READ(CSR_IE)) != 0;
}

static inline void arch_frame_restart(struct frame *frame)
{
    frame->pc -= 4;
}

static inline struct frame_place arch_frame_place(const struct frame *frame)
{
    return (struct frame_place){frame->pc, frame->stack, frame->base};
}

static inline void arch_frame_load_whole(struct frame *frame)
{
    frame->whole = 1;
}

static inline void arch_frame_set_thread_pointer(struct frame *frame, uintptr_t pointer)
{
    frame->thread_pointer = pointer;
    arch_frame_load_whole(frame);
}
