// SPDX-License-Identifier: MIT
// The inline half of the contract on x86_64: four-level page tables, one half of the addresses for
// users, `syscall`, GS for the CPU's own data. See arch/arch.h for what each function promises.
#pragma once

#include <abi/manifest.h>
#include "arch/x86/float.h"
#include "arch/x86/feature.h"
#include "arch/x86/register.h"
#include "kernel/schedule/cpu.h"

constexpr uint32_t ARCH_COUNTS_ZEROS = 64;
constexpr bool ARCH_SPACE_IDENTITY = false;
constexpr uintptr_t ARCH_RECORD_BELOW = 0; // frame records lie where the frame pointer says
#define ARCH_NAME "x86_64"
#define ARCH_RARE [[clang::preserve_most]] // of functions that are seldom called

// The last user page stays empty, so that an instruction pointer after `syscall` is always
// canonical; the first 64 KiB stay empty so that null pointers with small offsets fault.
constexpr uintptr_t ARCH_USER_BASE = 0x1'0000;
constexpr uintptr_t ARCH_USER_END = 0x7fff'ffff'f000;
constexpr uintptr_t ARCH_SPACE_END = ARCH_USER_END;
constexpr uintptr_t ARCH_PAGE_SIZE = 4096;
constexpr size_t ARCH_COPY_MOST = ARCH_PAGE_SIZE, ARCH_COPY_APART = ARCH_PAGE_SIZE;
constexpr uint32_t ARCH_MACHO_CPU = MACHO_CPU_X86_64;

// The kernel half: all RAM, device registers, and in the last 2 GiB the kernel image.
constexpr uintptr_t PHYSMAP_BASE = 0xffff'8000'0000'0000;
constexpr uintptr_t PHYSMAP_END = 0xffff'c000'0000'0000;
constexpr uintptr_t DEVICE_BASE = 0xffff'ff00'0000'0000;
constexpr uintptr_t DEVICE_END = 0xffff'ff80'0000'0000;
constexpr uintptr_t KERNEL_BASE = 0xffff'ffff'8000'0000;

// How functions of kernel/object/fast.h are called: Microsoft's convention keeps all registers of a
// message but one, and takes arguments in rcx, rdx, r8 and r9.
#define ARCH_FAST [[gnu::ms_abi]]
#define ARCH_FAST_PART [[gnu::noinline]] ARCH_FAST static

// User registers. The processor pushes from `error` or `rip` up by itself. Offsets are in
// kernel/offset.h.
struct [[gnu::aligned(16)]] frame {
    uint64_t reg[12]; // rdx rdi rsi r10 r12 r13 r14 r15 rbx rbp r8 r9
    uint64_t rax, rcx, r11;
    uint64_t vector; // why the kernel was entered; VECTOR_SYSCALL: rcx and r11 are free on return.
                     // It is that while user mode runs, too
    uint64_t error;
    uint64_t ip, cs, flags, sp, ss;
    uint64_t thread_pointer; // FS base
};

enum : uint32_t { VECTOR_SYSCALL = 256 };
enum : uint32_t {
    SELECTOR_KERNEL_CODE = 0x08,
    SELECTOR_USER_DATA = 0x23,
    SELECTOR_USER_CODE = 0x2b
};

struct arch_space {
    // What CR3 is told: physical address of the top table; where the processor has process-context
    // identifiers, its own in the low bits, and bit 63 to keep translations.
    uint64_t root;
    uint64_t stamp; // names its translations as they are
};

// What entry code keeps in struct cpu's `arch` words.
enum { CPU_LOADED_POINTER, CPU_PENDING, CPU_TABLES, CPU_TIMER, CPU_STAMPS };

#define CPU_SEGMENT "gs"
#include "arch/x86/common.h"

// Whether this CPU's translations of it are as they should be. With one register, because the fast
// path of messages has no other to give.
static inline bool arch_space_is_ready(const struct arch_space *space)
{
    if ((int64_t)space->root >= 0) return true; // loading it forgets all
    uintptr_t at = (uintptr_t)space;
    __asm__("push %c[stamp](%[at])\n\t"
            "mov %c[root](%[at]), %[at]\n\t"
            "and $0xfff, %k[at]\n\t"
            "shl $3, %k[at]\n\t"
            "add %%gs:%c[stamps], %[at]\n\t"
            "mov (%[at]), %[at]\n\t"
            "sub (%%rsp), %[at]\n\t"
            "lea 8(%%rsp), %%rsp"
            : [at] "+r"(at)
            : [stamp] "i"(offsetof(struct arch_space, stamp)),
              [root] "i"(offsetof(struct arch_space, root)),
              [stamps] "i"(offsetof(struct cpu, arch) + CPU_STAMPS * sizeof(uintptr_t))
            : "memory", "cc");
    return at == 0;
}

// Loads a user space's tables. Where the processor has FSGSBASE, begin.c makes the first
// instruction (prefixes make it long enough) a jump to the others: what user mode left in the bases
// of FS and GS is another process's then.
static inline void space_load(uint64_t root)
{
    __asm__ volatile("1: .byte 0x3e, 0x3e\n"
                     "mov %0, %%cr3\n"
                     "2:\n"
                     ".pushsection .text.switch, \"ax\"\n"
                     "3: mov %0, %%cr3\n"
                     "push %%rax\n"
                     "xor %%eax, %%eax\n"
                     "swapgs\n"
                     "wrgsbase %%rax\n"
                     "swapgs\n"
                     "mov %%rsp, %%gs:%c1\n" // no user's thread pointer is loaded
                     "pop %%rax\n"
                     "jmp 2b\n"
                     ".popsection\n"
                     ".pushsection .patch.switch, \"a\"\n"
                     ".quad 1b, 3b\n"
                     ".popsection"
                     :
                     : "r"(root),
                       "i"(offsetof(struct cpu, arch) + CPU_LOADED_POINTER * sizeof(uintptr_t))
                     : "memory", "cc");
}

static inline void arch_space_use(struct arch_space *space)
{
    space_load(space->root);
}

static inline uint64_t arch_space_version(const struct arch_space *space)
{
    return space->stamp;
}

static inline void arch_frame_restart(struct frame *frame)
{
    frame->ip -= 2; // the length of `syscall`
}

static inline struct frame_place arch_frame_place(const struct frame *frame)
{
    return (struct frame_place){frame->ip, frame->sp, frame->reg[9]};
}

static inline void arch_frame_set_thread_pointer(struct frame *frame, uintptr_t pointer)
{
    frame->thread_pointer = pointer < ARCH_USER_END ? pointer : 0; // else loading it would fault
    frame->vector = 0;                                             // the way back loads everything
}

static inline void arch_frame_load_whole(struct frame *frame) {} // what schedule_exit() gives is

static inline void *arch_physical_to_virtual(uint64_t physical)
{
    return (void *)(PHYSMAP_BASE + physical);
}

extern uintptr_t kernel_offset; // virtual minus physical address of the kernel image

static inline uint64_t arch_virtual_to_physical(const void *address)
{
    uintptr_t at = (uintptr_t)address;
    return at >= KERNEL_BASE ? at - kernel_offset : at - PHYSMAP_BASE;
}
