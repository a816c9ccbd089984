// SPDX-License-Identifier: MIT
// RISC-V's half of the contract on 32 bits in machine mode: the shape of a frame and of a space.
// Included by arch/arch.h only; arch/riscv/inline.h has what 64 bits share. There is no
// translation: every address is a physical one, the kernel's too, and what user mode may touch is
// what the PMP registers let it (arch/riscv32/kernel/space.c).
#pragma once

#include <abi/bootinfo.h>
#include <abi/manifest.h>
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>
#include "arch/riscv32/csr.h"

enum : uint32_t {
    ARCH_PAGE_SIZE = 4096,
    ARCH_USER_BASE = 0x1000,
    ARCH_USER_END = 0xffff'0000, // above is nobody's
    ARCH_SPACE_END = ARCH_USER_END,
};
enum : uint32_t { ARCH_MACHO_CPU = MACHO_CPU_RISCV };
constexpr size_t ARCH_COPY_MOST = ARCH_PAGE_SIZE, ARCH_COPY_APART = 256;
constexpr uint32_t ARCH_COUNTS_ZEROS = 0;
constexpr bool ARCH_SPACE_IDENTITY = true;
constexpr bool SCRATCH_IS_CPU = false; // the scratch register, while the kernel runs; otherwise 0
#define ARCH_NAME "riscv32"
#define ARCH_FAST
#define ARCH_FAST_PART static

// A thread's user registers. entry.S saves into it and resumes from it; the offsets are in
// arch/riscv32/kernel/frame.h.
struct frame {
    uint64_t reg[12];         // pairs: a0 to a7, t0 to t5, s2 to s11
    uintptr_t t6;             // a call's number
    uintptr_t ra;             //
    uintptr_t stack;          // sp
    uintptr_t gp;             //
    uintptr_t thread_pointer; // tp, which is loaded only
    uintptr_t base;           // s0
    uintptr_t s1;
    uintptr_t pc;
    uintptr_t status; // of a trap within the kernel
    uintptr_t whole;  // every register is loaded on every way back
} __attribute__((aligned(16)));

enum : uint32_t { PMP_MAX = 16 };

// The PMP registers of a space as they are when it is current: a cache of its regions, from which
// the oldest go when there is no room.
struct arch_space {
    uint32_t address[PMP_MAX]; // pmpaddr
    uint8_t config[PMP_MAX];   // pmpcfg; 0: not used, or the lower bound of the one behind it
    uint32_t next;             // where the next region goes
    uint32_t version;          // counts what was taken away
};

#include "arch/riscv/inline.h"

extern struct arch_space *space_loaded; // whose registers are loaded

// Loads all registers.
void space_load(struct arch_space *space);

static inline bool arch_space_is_ready(const struct arch_space *space)
{
    return true;
}

static inline void arch_space_use(struct arch_space *space)
{
    if (space != space_loaded) space_load(space);
}

static inline uint64_t arch_space_version(const struct arch_space *space)
{
    return space->version;
}

static inline void *arch_physical_to_virtual(uint64_t physical)
{
    return (void *)(uintptr_t)physical;
}

static inline uint64_t arch_virtual_to_physical(const void *address)
{
    return (uintptr_t)address;
}

// Registers of the CLINT: the low half of each comes first.
extern volatile uint32_t *clint_time, *clint_compare;

static inline uint64_t arch_counter(void)
{
    uint32_t high, low;
    do {
        high = clint_time[1];
        low = clint_time[0];
    } while (clint_time[1] != high);
    return (uint64_t)high << 32 | low;
}

// At no time does it hold what is less than both the old and the new.
static inline void arch_timer_set(uint64_t counter)
{
    clint_compare[1] = UINT32_MAX;
    clint_compare[0] = (uint32_t)counter;
    clint_compare[1] = (uint32_t)(counter >> 32);
}
