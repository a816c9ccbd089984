// SPDX-License-Identifier: MIT
// Calls of the Supervisor Binary Interface (RISC-V SBI Specification 2.0): extension and function
// in a7 and a6, arguments in a0 to a4; an error comes back in a0, a value in a1.
#pragma once

#include <stdint.h>

enum : uintptr_t {
    SBI_BASE = 0x10,
    SBI_TIMER = 0x54494d45,   // "TIME"
    SBI_SIGNAL = 0x735049,    // "sPI"
    SBI_HART = 0x48534d,      // "HSM"
    SBI_FENCE = 0x52464e43,   // "RFNC"
    SBI_RESET = 0x53525354,   // "SRST"
    SBI_CONSOLE = 0x4442434e, // "DBCN"
    SBI_OLD_TIMER = 0,        // of version 0.1, each with one function
    SBI_OLD_PUT = 1,
    SBI_OLD_SHUTDOWN = 8,
};

enum : uintptr_t {
    SBI_BASE_PROBE = 3,
    SBI_TIMER_SET = 0,
    SBI_SIGNAL_SEND = 0,
    SBI_HART_START = 0,
    SBI_FENCE_INSTRUCTIONS = 0,
    SBI_CONSOLE_PUT = 2,
};

struct sbi_result {
    intptr_t error; // 0: success
    uintptr_t value;
};

static inline struct sbi_result sbi_call(uintptr_t extension, uintptr_t function, uintptr_t first,
                                         uintptr_t second, uintptr_t third)
{
    register uintptr_t a0 __asm__("a0") = first;
    register uintptr_t a1 __asm__("a1") = second;
    register uintptr_t a2 __asm__("a2") = third;
    register uintptr_t a6 __asm__("a6") = function;
    register uintptr_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(intptr_t)a0, a1};
}

static inline bool sbi_has(uintptr_t extension)
{
    struct sbi_result result = sbi_call(SBI_BASE, SBI_BASE_PROBE, extension, 0, 0);
    return result.error == 0 && result.value != 0;
}
