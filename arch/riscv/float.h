// SPDX-License-Identifier: MIT
// FP registers of a thread: f0 to f31, then fcsr. Access to them is open. Written where it is used,
// because the fast path of messages calls nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct float_state;

enum : size_t { FLOAT_STATUS = 256, FLOAT_SIZE = 320 };

#define FLOAT_ASM(text) ".option push\n\t.option arch, +d\n\t" text "\n\t.option pop"
#define FLOAT_FOUR(move, a, b, c, d, at)                                                           \
    move " f" #a ", " #at "(%[state])\n\t" move " f" #b ", " #at "+8(%[state])\n\t" move " f" #c   \
         ", " #at "+16(%[state])\n\t" move " f" #d ", " #at "+24(%[state])\n\t"

// Those that functions keep for their callers, fs0 to fs11, and the others.
#define FLOAT_KEPT(move)                                                                           \
    move " f8, 64(%[state])\n\t" move                                                              \
         " f9, 72(%[state])\n\t" FLOAT_FOUR(move, 18, 19, 20, 21, 144)                             \
             FLOAT_FOUR(move, 22, 23, 24, 25, 176) move " f26, 208(%[state])\n\t" move             \
                                                        " f27, 216(%[state])\n\t"
#define FLOAT_OTHERS(move)                                                                         \
    FLOAT_FOUR(move, 0, 1, 2, 3, 0)                                                                \
    FLOAT_FOUR(move, 4, 5, 6, 7, 32)                                                               \
    FLOAT_FOUR(move, 10, 11, 12, 13, 80)                                                           \
    FLOAT_FOUR(move, 14, 15, 16, 17, 112)                                                          \
    FLOAT_FOUR(move, 28, 29, 30, 31, 224)

static inline void arch_float_save(struct float_state *state, bool in_message)
{
    uintptr_t status;
    __asm__ volatile(FLOAT_ASM(FLOAT_KEPT("fsd") "csrr %[status], fcsr")
                     : [status] "=&r"(status)
                     : [state] "r"(state)
                     : "memory");
    *(uintptr_t *)((char *)state + FLOAT_STATUS) = status;
    if (!in_message)
        __asm__ volatile(FLOAT_ASM(FLOAT_OTHERS("fsd")) : : [state] "r"(state) : "memory");
}

static inline void arch_float_restore(const struct float_state *state)
{
    uintptr_t status = *(const uintptr_t *)((const char *)state + FLOAT_STATUS);
    __asm__ volatile(FLOAT_ASM(FLOAT_KEPT("fld") FLOAT_OTHERS("fld") "csrw fcsr, %[status]")
                     :
                     : [state] "r"(state), [status] "r"(status)
                     : "memory");
}

static inline void arch_float_enable(bool on)
{
    uintptr_t field = STATUS_FLOAT;
    if (on)
        __asm__ volatile("csrs " CSR_TEXT(CSR_STATUS) ", %0" : : "r"(field) : "memory");
    else
        __asm__ volatile("csrc " CSR_TEXT(CSR_STATUS) ", %0" : : "r"(field) : "memory");
}
