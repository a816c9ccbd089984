// SPDX-License-Identifier: MIT
// The empty port's half of the contract: no machine at all, only enough of one for the kernel's
// unit tests on the host. RAM is an array, translations are a list, time stands still unless a test
// moves it, and nothing ever interrupts unless a test says so.
#pragma once

#include <abi/manifest.h>

constexpr uintptr_t ARCH_USER_BASE = 0x1'0000;
constexpr uintptr_t ARCH_USER_END = 0x7fff'ffff'f000;
constexpr uintptr_t ARCH_SPACE_END = ARCH_USER_END;
constexpr uintptr_t ARCH_PAGE_SIZE = 4096;
constexpr uint32_t ARCH_MACHO_CPU = MACHO_CPU_X86_64;
constexpr size_t ARCH_COPY_MOST = 2 * ARCH_PAGE_SIZE, ARCH_COPY_APART = ARCH_COPY_MOST;
constexpr uint32_t ARCH_COUNTS_ZEROS = 64;
constexpr bool ARCH_SPACE_IDENTITY = false;
constexpr uintptr_t ARCH_RECORD_BELOW = 0; // frame records lie where the frame pointer says
#define ARCH_NAME "none"
#define ARCH_RARE [[clang::preserve_most]] // of functions that are seldom called
#define ARCH_FAST
#define ARCH_FAST_PART static

struct frame {
    uint64_t reg[12];
    uintptr_t pc, stack, base, thread_pointer;
    bool whole;
};

struct none_translation;

struct arch_space {
    struct none_translation *first;
    uint64_t version; // counts changes
};

constexpr uint64_t NONE_RAM_BASE = 0x4000'0000, NONE_RAM_SIZE = 64ull << 20;

// The machine that tests look at and turn the knobs of.
struct none_machine {
    struct cpu *cpu;
    struct arch_space *space;
    uint64_t counter; // ns
    uint64_t timer;   // what arch_timer_set was told
    bool interrupt;   // what arch_interrupt_pending says
    bool float_enabled;
    bool space_unready; // what arch_space_is_ready denies
    uint8_t *ram;
};
extern struct none_machine none_machine;

// Starts over: fresh RAM, one CPU, and the portable kernel initialised on it
// (arch/none/kernel/reset.c).
void none_reset(void);
void none_space_reset(void); // its part: arch/none/kernel/space.c

static inline struct cpu *arch_cpu(void)
{
    return none_machine.cpu;
}

static inline void arch_relax(void) {}

static inline void arch_timer_set(uint64_t counter)
{
    none_machine.timer = counter;
}

static inline bool arch_interrupt_pending(void)
{
    return none_machine.interrupt;
}

static inline void arch_frame_restart(struct frame *frame)
{
    frame->pc -= 4;
}

static inline struct frame_place arch_frame_place(const struct frame *frame)
{
    return (struct frame_place){frame->pc, frame->stack, frame->base};
}

static inline void arch_frame_set_thread_pointer(struct frame *frame, uintptr_t pointer)
{
    frame->thread_pointer = pointer;
}

static inline void arch_frame_load_whole(struct frame *frame)
{
    frame->whole = true;
}

static inline void arch_float_enable(bool on)
{
    none_machine.float_enabled = on;
}

static inline bool arch_space_is_ready(const struct arch_space *space)
{
    return !none_machine.space_unready;
}

static inline void arch_space_use(struct arch_space *space)
{
    none_machine.space = space;
}

static inline uint64_t arch_space_version(const struct arch_space *space)
{
    return space->version;
}

static inline void arch_float_save(struct float_state *state, bool) {}

static inline void arch_float_restore(const struct float_state *state) {}

static inline void *arch_physical_to_virtual(uint64_t physical)
{
    return none_machine.ram + (physical - NONE_RAM_BASE);
}

static inline uint64_t arch_virtual_to_physical(const void *address)
{
    return (uint64_t)((const uint8_t *)address - none_machine.ram) + NONE_RAM_BASE;
}

static inline uint64_t arch_counter(void)
{
    return none_machine.counter;
}
