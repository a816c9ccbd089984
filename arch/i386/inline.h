// SPDX-License-Identifier: MIT
// The inline half of the contract on i386: PAE's tables, the lower half of the addresses for users,
// FS for the CPU's own data while the kernel runs. See arch/arch.h for what each function promises.
#pragma once

#include <abi/manifest.h>
#include "arch/x86/float.h"
#include "arch/x86/feature.h"
#include "arch/x86/register.h"
#include "kernel/schedule/cpu.h"

constexpr uint32_t ARCH_COUNTS_ZEROS = 32;
constexpr bool ARCH_SPACE_IDENTITY = false;
constexpr uintptr_t ARCH_RECORD_BELOW = 0; // frame records lie where the frame pointer says
#define ARCH_NAME "i386"
#define ARCH_RARE
#define ARCH_FAST
#define ARCH_FAST_PART static

constexpr uintptr_t ARCH_USER_BASE = 0x1'0000;
constexpr uintptr_t ARCH_USER_END = 0x7fff'f000;
constexpr uintptr_t ARCH_SPACE_END = ARCH_USER_END;
constexpr uintptr_t ARCH_PAGE_SIZE = 4096;
constexpr size_t ARCH_COPY_MOST = ARCH_PAGE_SIZE, ARCH_COPY_APART = ARCH_PAGE_SIZE;
constexpr uint32_t ARCH_MACHO_CPU = MACHO_CPU_X86;

// The kernel half: RAM, as much as there is room for, the image in it; then device registers.
constexpr uintptr_t KERNEL_BASE = 0x8000'0000;
constexpr uintptr_t PHYSMAP_BASE = KERNEL_BASE;
constexpr uintptr_t DEVICE_BASE = 0xf000'0000;
constexpr uintptr_t DEVICE_END = 0xffff'f000;

// User registers. On entry from user mode the processor pushes into the frame itself, from `ss`
// down to `ip`, or to `error`. Offsets are in kernel/offset.h.
struct [[gnu::aligned(16)]] frame {
    uint64_t reg[12];
    uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax; // as pusha has them
    uint32_t vector; // why the kernel was entered; VECTOR_SYSCALL: results are in reg
    uint32_t error;
    uint32_t ip, cs, flags, sp, ss;
    uint32_t thread_pointer; // base of GS
    uint32_t number;         // of the call that is made, or was last
    uint32_t registers;      // where user memory has the call's reg[]
    uint32_t again;          // 1: the call begins again: reg is as it is to be
};

enum : uint32_t { VECTOR_SYSCALL = 0x80 };
// As a call's number: none yet, a thread or an upcall begins. No call has it.
enum : uint32_t { CALL_BEGIN = UINT32_MAX };

struct arch_space {
    uint32_t root;    // physical address of the top table
    uint64_t version; // counts what was taken away
};

// What entry code keeps in struct cpu's `arch` words.
enum { CPU_PENDING, CPU_TABLES, CPU_TIMER, CPU_TIMER_HIGH };

#define CPU_SEGMENT "fs"
#include "arch/x86/common.h"

static inline bool arch_space_is_ready(const struct arch_space *space)
{
    return true; // loading it forgets all
}

static inline void arch_space_use(struct arch_space *space)
{
    cr3_write(space->root);
}

static inline uint64_t arch_space_version(const struct arch_space *space)
{
    return space->version;
}

static inline void arch_frame_restart(struct frame *frame)
{
    frame->ip -= 2; // the length of `int`
    frame->vector = 0;
    frame->again = 1;
}

static inline struct frame_place arch_frame_place(const struct frame *frame)
{
    return (struct frame_place){frame->ip, frame->sp, frame->ebp};
}

static inline void arch_frame_set_thread_pointer(struct frame *frame, uintptr_t pointer)
{
    frame->thread_pointer = pointer;
}

static inline void arch_frame_load_whole(struct frame *frame) {} // as always

static inline void *arch_physical_to_virtual(uint64_t physical)
{
    return (void *)(KERNEL_BASE + (uintptr_t)physical);
}

static inline uint64_t arch_virtual_to_physical(const void *address)
{
    return (uintptr_t)address - KERNEL_BASE;
}
