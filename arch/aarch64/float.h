// SPDX-License-Identifier: MIT
// FP and SIMD registers of a thread: FPSR and FPCR, then v0 to v31. Access to them is open. Written
// where it is used, because the fast path of messages calls nothing.
#pragma once

struct float_state;

#define FLOAT_ASM(text) ".arch_extension fp\n\t" text
#define FLOAT_PAIR(move, first, second, at)                                                        \
    move " q" #first ", q" #second ", [%[state], #" #at "]\n\t"

// Those that functions keep for their callers, by AAPCS64 at least their lower halves, and the
// others.
#define FLOAT_KEPT(move)                                                                           \
    FLOAT_PAIR(move, 8, 9, 144)                                                                    \
    FLOAT_PAIR(move, 10, 11, 176)                                                                  \
    FLOAT_PAIR(move, 12, 13, 208)                                                                  \
    FLOAT_PAIR(move, 14, 15, 240)
#define FLOAT_OTHERS(move)                                                                         \
    FLOAT_PAIR(move, 0, 1, 16)                                                                     \
    FLOAT_PAIR(move, 2, 3, 48)                                                                     \
    FLOAT_PAIR(move, 4, 5, 80)                                                                     \
    FLOAT_PAIR(move, 6, 7, 112)                                                                    \
    FLOAT_PAIR(move, 16, 17, 272)                                                                  \
    FLOAT_PAIR(move, 18, 19, 304)                                                                  \
    FLOAT_PAIR(move, 20, 21, 336)                                                                  \
    FLOAT_PAIR(move, 22, 23, 368)                                                                  \
    FLOAT_PAIR(move, 24, 25, 400)                                                                  \
    FLOAT_PAIR(move, 26, 27, 432)                                                                  \
    FLOAT_PAIR(move, 28, 29, 464)                                                                  \
    FLOAT_PAIR(move, 30, 31, 496)

static inline void arch_float_save(struct float_state *state, bool in_message)
{
    unsigned long status, control;
    __asm__ volatile(FLOAT_ASM(FLOAT_KEPT("stp") "mrs %0, fpsr\n\t"
                                                 "mrs %1, fpcr\n\t"
                                                 "stp %0, %1, [%[state]]")
                     : "=&r"(status), "=&r"(control)
                     : [state] "r"(state)
                     : "memory");
    if (!in_message)
        __asm__ volatile(FLOAT_ASM(FLOAT_OTHERS("stp")) : : [state] "r"(state) : "memory");
}

static inline void arch_float_restore(const struct float_state *state)
{
    unsigned long status, control;
    __asm__ volatile(FLOAT_ASM(FLOAT_KEPT("ldp") FLOAT_OTHERS("ldp") "ldp %0, %1, [%[state]]\n\t"
                                                                     "msr fpsr, %0\n\t"
                                                                     "msr fpcr, %1")
                     : "=&r"(status), "=&r"(control)
                     : [state] "r"(state)
                     : "memory");
}
