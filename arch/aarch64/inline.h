// SPDX-License-Identifier: MIT
// AArch64's half of the contract: the shape of a frame and of a space, the map of the address
// space, and the operations that are an instruction or two. Included by arch/arch.h only.
//
// Virtual addresses, 48 bits, 4 KiB pages:
//     user           [0x1'0000, 0x8000'0000'0000)               TTBR0, one table per process
//     all RAM        [0xffff'0000'0000'0000, +128 TiB)          read-write, never executable
//     devices        [0xffff'c000'0000'0000, +512 GiB)
//     kernel image   [0xffff'ffff'8000'0000, +1 GiB)
#pragma once

#include <abi/bootinfo.h>
#include <abi/manifest.h>
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>
#include "arch/aarch64/float.h"

enum : uint64_t {
    ARCH_PAGE_SIZE = 4096,
    ARCH_USER_BASE = 0x10000,
    ARCH_USER_END = 0x0000'8000'0000'0000,
    ARCH_SPACE_END = ARCH_USER_END,
    ARCH_PHYSMAP = 0xffff'0000'0000'0000,
    ARCH_PHYSMAP_SIZE = 0x0000'8000'0000'0000,
    ARCH_DEVICES = 0xffff'c000'0000'0000,
    ARCH_DEVICES_SIZE = 0x80'0000'0000,
    ARCH_KERNEL = 0xffff'ffff'8000'0000,
};
enum : uint32_t { ARCH_MACHO_CPU = MACHO_CPU_ARM64 };
constexpr size_t ARCH_COPY_MOST = 2 * ARCH_PAGE_SIZE, ARCH_COPY_APART = ARCH_COPY_MOST;
constexpr uint32_t ARCH_COUNTS_ZEROS = 64;
constexpr bool ARCH_SPACE_IDENTITY = false;
constexpr uintptr_t ARCH_RECORD_BELOW = 0; // frame records lie where the frame pointer says
#define ARCH_NAME "aarch64"
#define ARCH_RARE [[clang::preserve_most]] // of functions that are seldom called
#define ARCH_FAST [[clang::preserve_none]] // every register but those of the message may be used
#define ARCH_FAST_PART [[gnu::always_inline]] static inline // with registers fixed none is called

// A thread's user registers. entry.S saves into it and resumes from it; the offsets are in
// arch/aarch64/kernel/frame.h. The address space's switch does not touch it.
struct frame {
    uint64_t reg[12]; // x0 to x7, x9 to x12: arguments and results of calls
    uint64_t x8;      // the call's number
    uint64_t x13[18]; // x13 to x30
    uint64_t stack;   // SP_EL0
    uint64_t pc;
    uint64_t pstate;
    uint64_t thread_pointer; // TPIDR_EL0
    // Not zero: the way back from a call loads every register, not the results only. Whoever sets
    // it for the running thread sees to it that schedule_exit() is called.
    uint64_t whole;
    uint64_t zero[2]; // what registers hold that are lost in a call
} __attribute__((aligned(16)));

struct arch_space {
    uint64_t root;       // physical address of the level 0 table; its identifier in the top 16 bits
    uint64_t generation; // in which the identifier is valid; 0: none was given yet
    uint64_t version;    // how often translations were forgotten
    uint64_t key[10];    // by which its threads sign addresses: APIA, APIB, APDA, APDB, APGA
};

extern uint64_t asid_generation; // guarded by the kernel lock

static inline bool arch_space_is_ready(const struct arch_space *space)
{
    return space->generation == asid_generation;
}

// Where processors sign addresses, map_early makes the first instruction a branch to the others,
// which load the space's keys too. (kernel_switch has a row for each such place.)
static inline void arch_space_use(struct arch_space *space)
{
    __asm__ volatile("1: msr ttbr0_el1, %0\n"
                     "2:\n"
                     ".pushsection .text.keys, \"ax\"\n"
                     "3: msr ttbr0_el1, %0\n"
                     "stp x16, x30, [sp, #-16]!\n"
                     "add x16, %1, %2\n"
                     "bl keys_load\n"
                     "ldp x16, x30, [sp], #16\n"
                     "b 2b\n"
                     ".popsection\n"
                     ".pushsection .switch, \"a\"\n"
                     ".long 1b - .\n"
                     ".long 3b - .\n"
                     ".popsection"
                     :
                     : "r"(space->root), "r"(space), "i"(offsetof(struct arch_space, key))
                     : "memory");
}

static inline uint64_t arch_space_version(const struct arch_space *space)
{
    return space->version;
}

static inline struct cpu *arch_cpu(void)
{
    struct cpu *cpu;
    __asm__("mrs %0, tpidr_el1" : "=r"(cpu));
    return cpu;
}

static inline void arch_relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

static inline bool arch_interrupt_pending(void)
{
    uint64_t pending;
    __asm__ volatile("mrs %0, isr_el1" : "=r"(pending));
    return pending != 0;
}

static inline void arch_frame_restart(struct frame *frame)
{
    frame->pc -= 4;
}

static inline struct frame_place arch_frame_place(const struct frame *frame)
{
    return (struct frame_place){frame->pc, frame->stack, frame->x13[29 - 13]};
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

static inline void arch_float_enable(bool on)
{
    uint64_t cpacr = on ? 3u << 20 : 0;
    __asm__ volatile("msr cpacr_el1, %0\n\tisb" : : "r"(cpacr));
}

static inline void arch_timer_set(uint64_t counter)
{
    __asm__ volatile("msr cntv_cval_el0, %0\n\tisb" : : "r"(counter));
}

static inline void *arch_physical_to_virtual(uint64_t physical)
{
    return (void *)(uintptr_t)(ARCH_PHYSMAP + physical);
}

// For addresses that arch_physical_to_virtual gave, not for the kernel's image.
static inline uint64_t arch_virtual_to_physical(const void *address)
{
    return (uintptr_t)address - ARCH_PHYSMAP;
}

// What it times is behind the entry into the kernel, before which the read cannot move.
static inline uint64_t arch_counter(void)
{
    uint64_t counter;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(counter) : : "memory");
    return counter;
}
