// SPDX-License-Identifier: MIT
// RISC-V's half of the contract on 64 bits: the shape of a frame and of a space, and the map of the
// address space. Included by arch/arch.h only; arch/riscv/inline.h has what 32 bits share.
//
// Virtual addresses as Sv39 has them, 4 KiB pages; with more levels the first two reach further
// (arch/riscv64/kernel/map.c):
//     user           [0x1'0000, 0x40'0000'0000)
//     all RAM        [0xffff'ffc0'0000'0000, +128 GiB)          read-write, never executable
//     devices        [0xffff'fff0'0000'0000, +2 GiB)
//     kernel image   [0xffff'ffff'8000'0000, +1 GiB)
#pragma once

#include <abi/bootinfo.h>
#include <abi/manifest.h>
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>
#include "arch/riscv64/csr.h"

enum : uint64_t {
    ARCH_PAGE_SIZE = 4096,
    ARCH_USER_BASE = 0x10000,
    ARCH_USER_END = 0x100'0000'0000'0000,
    ARCH_DEVICES = 0xffff'fff0'0000'0000,
    ARCH_DEVICES_SIZE = 0x8000'0000,
    ARCH_KERNEL = 0xffff'ffff'8000'0000,
};
enum : uint32_t { ARCH_MACHO_CPU = MACHO_CPU_RISCV64 };
constexpr size_t ARCH_COPY_MOST = ARCH_PAGE_SIZE, ARCH_COPY_APART = 2048;
constexpr uint32_t ARCH_COUNTS_ZEROS = 0;
constexpr bool ARCH_SPACE_IDENTITY = false;
// Half of what the top table stands for; up to ARCH_USER_END, what is above faults as what is not
// mapped does.
extern uint64_t map_user_end;
#define ARCH_SPACE_END map_user_end
constexpr bool SCRATCH_IS_CPU = true; // the scratch register, while the kernel runs; otherwise 0
#define ARCH_NAME "riscv64"
#define ARCH_FAST // arch.mk reserves registers, and entry code moves what is in the arguments'
#define ARCH_FAST_PART [[gnu::noinline]] static

// A thread's user registers. entry.S saves into it and resumes from it; the offsets are in
// arch/riscv64/kernel/frame.h.
struct frame {
    uint64_t reg[12]; // a0 to a7, t0 to t3: arguments and results of calls
    uint64_t t4[3];   // t4, t5; t6: the call's number
    uint64_t ra;
    uint64_t stack; // sp
    uint64_t gp;
    uint64_t thread_pointer; // tp, which is loaded only
    uint64_t base;           // s0
    uint64_t s1[11];         // s1 to s11
    uint64_t pc;
    uint64_t status; // of a trap within the kernel
    // Not zero: the way back from a call loads every register, not the results only. Whoever sets
    // it for the running thread sees to it that schedule_exit() is called.
    uint64_t whole;
} __attribute__((aligned(16)));

struct arch_space {
    uint64_t root;  // what satp is told: mode, identifier, page number of the top table
    uint64_t slot;  // where, in bytes, a CPU notes the stamp of the identifier
    uint64_t stamp; // names its translations as they are; no other space ever had it
};

#include "arch/riscv/inline.h"

extern uint64_t map_ram; // where all RAM is mapped
extern bool clock_has_compare;

// Through SBI, where the CPU has no comparator of its own.
void clock_set(uint64_t counter);

static inline bool arch_space_is_ready(const struct arch_space *space)
{
    const char *stamps = (const char *)arch_cpu()->arch[CPU_STAMPS];
    return *(const uint64_t *)(stamps + space->slot) == space->stamp;
}

static inline void arch_space_use(struct arch_space *space)
{
    __asm__ volatile("csrw satp, %0" : : "r"(space->root) : "memory");
}

static inline uint64_t arch_space_version(const struct arch_space *space)
{
    return space->stamp;
}

// (Sstc: stimecmp is CSR 0x14d.)
static inline void arch_timer_set(uint64_t counter)
{
    if (clock_has_compare)
        __asm__ volatile("csrw 0x14d, %0" : : "r"(counter));
    else
        clock_set(counter);
}

static inline void *arch_physical_to_virtual(uint64_t physical)
{
    return (void *)(uintptr_t)(map_ram + physical);
}

// For addresses that arch_physical_to_virtual gave, not for the kernel's image.
static inline uint64_t arch_virtual_to_physical(const void *address)
{
    return (uintptr_t)address - map_ram;
}

static inline uint64_t arch_counter(void)
{
    uint64_t counter;
    __asm__ volatile("rdtime %0" : "=r"(counter) : : "memory");
    return counter;
}
