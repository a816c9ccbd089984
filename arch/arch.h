// SPDX-License-Identifier: MIT
// The contract of an instruction set: every operation that a port supplies. Portable kernel code
// sees the machine through this header only. Each port has arch/<isa>/inline.h, included at the
// end, which defines the types and the inline half; the rest is in arch/<isa>/kernel/{entry.S
// trap.c copy.S space.c cpu.c clock.c}. arch/conform.c takes the address of each function.
//
// Rules. The kernel runs with interrupts masked on one stack per CPU; only arch_leave opens them.
// Nothing here blocks. Unless it says otherwise, a function is called with the kernel lock held
// (kernel/schedule/lock.h).
#pragma once

#include <abi/bootinfo.h>
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;         // kernel/schedule/cpu.h; the first fields are fixed there for entry.S
struct frame;       // a thread's saved user registers; has `uint64_t reg[12]` in ABI order
struct float_state; // FP/SIMD registers; size by arch_float_size()
struct arch_space;  // an address space's translation state, embedded in struct space

enum : uint32_t { // protection of a mapping, arch_space_map
    SPACE_READ = 1u << 0,
    SPACE_WRITE = 1u << 1,
    SPACE_EXECUTE = 1u << 2,
    SPACE_DEVICE = 1u << 3,
    SPACE_WRITE_COMBINE = 1u << 4,
};

// --- Start and CPU ---

// Prepares this CPU: vectors, per-CPU register, system-call entry, protection features
// (PAN/SMAP/SMEP, NX). Called once on each CPU before anything else below. `cpu` stays valid for
// ever.
void arch_cpu_init(struct cpu *cpu);

// What a CPU may have or lack, by the name that the architecture's manual has, in lower case; at
// most 64, the last is nullptr. A port fills in cpu->features, a bit for each of these, and calls
// cpu_set_model(), in arch_cpu_init, or, where firmware's tables tell it, at the latest in
// arch_devices_init and before cpu_join(); whatever it makes use of, it asks cpu_feature_use() for.
extern const char *const arch_feature[];

// Tells cpu_found() of every CPU of the machine that can be used: those in `info` if the protocol
// gave them, else those in the DTB or ACPI. Called once, by the boot CPU, after arch_devices_init.
void arch_cpus_find(const struct bootinfo *info);

// Starts the CPU with this hardware id: on a stack that it is given here it prepares itself as the
// boot CPU did, with its own part of the devices, and ends in cpu_join(cpu). Does not wait for it.
enum status arch_cpu_start(struct cpu *cpu);

// Finds and starts the interrupt controller, the clock and the debug console of this machine from
// the DTB or ACPI in `info`, after the kernel's page allocator works. Panics when one is missing.
void arch_devices_init(const struct bootinfo *info);

// An early debug console before arch_devices_init, if the protocol tells where one is; may do
// nothing.
void arch_console_early(const struct bootinfo *info);

// A breath within a loop that waits for another CPU. Inline.
static inline void arch_relax(void);

// Waits, interrupts masked, until one is there; a mere signal of another CPU is taken, so that it
// does not end the next wait too. May return for no reason.
void arch_doze(void);

// This CPU's struct cpu. Inline.
static inline struct cpu *arch_cpu(void);

// Leaves the kernel, and whatever is on its stack: resumes the frame that schedule_exit() says in
// the current address space; while it says none, waits with interrupts open. Those that were
// pending are not lost. No lock held.
[[noreturn]] void arch_leave(void);

// Stops this CPU for ever, interrupts masked.
[[noreturn]] void arch_halt(void);

// True when an interrupt waits to be taken: where long operations stop and restart. Inline, cheap.
static inline bool arch_interrupt_pending(void);

// Ends or restarts the machine by what firmware offers (PSCI, ACPI); returns only when it cannot.
// `exit_code` is reported where the emulator has a way to (tests), ignored elsewhere.
enum status arch_power(uint32_t action, uint32_t exit_code);

// Fills `seed` with whatever randomness the CPU and firmware have (RNDR, RDRAND, DTB rng-seed,
// jitter). False: of a source of random numbers it has less than SEED_BITS, what it fills is
// guessed.
enum : uint32_t { SEED_BITS = 256 };
[[nodiscard]] bool arch_entropy(const struct bootinfo *info, uint8_t seed[64]);

// --- Frames ---

// User registers as of a thread that begins at `entry`, its stack at `stack`, with `argument` in
// reg[0], and where a C function has its first: of a new thread, or for an upcall. The thread
// pointer stays.
void arch_frame_init(struct frame *frame, uintptr_t entry, uintptr_t stack, uintptr_t argument);

// Makes the frame execute its system-call instruction again (restartable operations). Inline.
static inline void arch_frame_restart(struct frame *frame);

// Program counter, stack pointer and frame pointer, for faults, traces and backtraces. Inline.
struct frame_place {
    uintptr_t pc, stack, base;
};
static inline struct frame_place arch_frame_place(const struct frame *frame);

// Makes a frame that came from user memory harmless: user mode, interrupts open, canonical
// addresses.
void arch_frame_sanitise(struct frame *frame);

// The TLS register of a thread. Inline; takes effect at the latest when the frame is resumed. Of
// the running thread, as by arch_frame_upcall and arch_frame_sanitise, after schedule_exit():
// whoever changes its frame so also sets cpu->reschedule.
static inline void arch_frame_set_thread_pointer(struct frame *frame, uintptr_t pointer);

// The next way back to it loads every register. A call that returns to the thread that made it may
// leave some as they are, but not when that thread has run on another CPU meanwhile. Inline; the
// frame is what schedule_exit() gives then.
static inline void arch_frame_load_whole(struct frame *frame);

// Prints a line of the registers through `print`, for user faults and panics; false: there are not
// that many lines.
bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...));

// --- Floating point and SIMD ---

size_t arch_float_size(void);                    // bytes, 64-aligned
void arch_float_init(struct float_state *state); // a new thread's registers
// The registers of a thread that has called channel_call or channel_reply_receive (`in_message`)
// are those that a C function keeps for its caller; the others keep in `state` what they were, or
// become so.
static inline void arch_float_save(struct float_state *state, bool in_message);
static inline void arch_float_restore(const struct float_state *state);
static inline void arch_float_enable(bool on); // off: the first use traps to trap_float()

// --- Address spaces ---

// Prepares/ends the translation of an empty user space. Tables come from space_table_allocate().
enum status arch_space_init(struct arch_space *space);
void arch_space_fini(struct arch_space *space); // all user mappings are gone already

// Maps [address, address + size) to `physical`; all page-aligned; tables for it exist or are made.
// Nothing is mapped there yet. Fails with ERR_NO_MEMORY or ERR_QUOTA, having mapped nothing. At
// most 2 MiB a call.
enum status arch_space_map(struct arch_space *space, uintptr_t address, uint64_t physical,
                           size_t size, uint32_t protection);

// Removes whatever is mapped in the range and invalidates translations. At most 2 MiB a call.
void arch_space_unmap(struct arch_space *space, uintptr_t address, size_t size);

// Changes the protection of whatever is mapped in the range.
void arch_space_protect(struct arch_space *space, uintptr_t address, size_t size,
                        uint32_t protection);

// The physical address and protection behind `address`, and for how many bytes, at most `most`, it
// is known at once that what follows has the same protection and follows in RAM; 0 when nothing is
// mapped. Both are whole pages.
size_t arch_space_query(struct arch_space *space, uintptr_t address, size_t most,
                        uint64_t *physical, uint32_t *protection);

// Makes `space` the current one (ASID/PCID; no flush unless one was recycled). nullptr: kernel
// only.
void arch_space_switch(struct arch_space *space);

// The same in two halves, for when nothing is to be done but loading it: whether that is so, and
// the loading, which takes effect at the latest with the return to user mode. Inline.
static inline bool arch_space_is_ready(const struct arch_space *space);
static inline void arch_space_use(struct arch_space *space);

// A number that is another one whenever a translation of the space was removed, weakened or
// replaced since: what arch_space_query said before is true while it is the same. Inline.
static inline uint64_t arch_space_version(const struct arch_space *space);

// Maps device registers or firmware tables into the kernel's own space; for the kernel's devices
// and table readers only. Never unmapped. nullptr when out of room.
void *arch_map_device(uint64_t physical, size_t size, uint32_t protection);

// The kernel's view of RAM: all of it is mapped, read-write, never executable. Inline.
static inline void *arch_physical_to_virtual(uint64_t physical);
static inline uint64_t arch_virtual_to_physical(const void *address);

// The user half of the address space: [ARCH_USER_BASE, ARCH_USER_END), constants of inline.h, in
// which mappings lie below ARCH_SPACE_END: that end too, or what this CPU's tables have room for.
// Constants, too, are ARCH_PAGE_SIZE, ARCH_MACHO_CPU (abi/manifest.h), ARCH_NAME, and
// ARCH_RECORD_BELOW: how far below the frame pointer a frame record (the caller's, then the return
// address) lies.
// ARCH_COPY_MOST: how many bytes arch_user_read() and arch_user_write() may copy before somebody
// looks for interrupts again; a page, or more of them.
// ARCH_COPY_APART: how many bytes arch_user_read() and arch_user_write() may copy at once where the
// two addresses are not aligned alike; at most the same.
// ARCH_COUNTS_ZEROS: of how many bits an instruction counts the zeros above the first one; 0: none.

// --- The fast path of messages ---
//
// kernel/object/fast.c passes a message on without having it in memory. Entry code does its part
// for the calls FE_CALL_CHANNEL_CALL and FE_CALL_CHANNEL_REPLY_RECEIVE:
//   1. It looks at the conditions in kernel/object/fast.h; what does not meet them goes the
//   ordinary
//      way, to trap_syscall().
//   2. It saves in the frame of cpu->current what that thread will need afterwards: where it goes
//   on,
//      the stack, the handle, and registers that calls keep. Label and words stay where they are.
//   3. It calls fast_call() or fast_reply_receive(), which keep label and words: by the calling
//      convention ARCH_FAST, by registers that arch.mk reserves for fast.c, or, where neither keeps
//      one, because entry code puts it aside for the time.
//   4. It loads the frame that is returned, but label and words; register 0 becomes OK. Registers
//      that calls lose tell nothing of the kernel's.
//   5. After nullptr it saves the rest, and calls trap_syscall().
// ARCH_FAST_PART makes the rarer ways of fast.c: functions of the same kind, to which it jumps, or
// parts of it where reserved registers do not let the compiler call any.
// In user space arch/<isa>/user/message.h has the calls; arch/message.h is one in C.

// --- User memory of the current address space ---

// Copy with recovery: false when any byte faults that the pager cannot supply. Ranges are already
// checked to lie in the user half. Opens PAN/SMAP only inside. A fault calls trap_user_copy_fault()
// of the memory manager first.
bool arch_user_read(void *to, uintptr_t from, size_t size);
bool arch_user_write(uintptr_t to, const void *from, size_t size);

// --- Time ---

static inline uint64_t arch_counter(void); // free-running, the one that user space can read too
uint64_t arch_counter_frequency(void);     // Hz, calibrated
static inline void arch_timer_set(uint64_t counter); // one-shot: interrupt when arch_counter() >=
                                                     // counter (at once if past); UINT64_MAX: none.
                                                     // Only what its port's fast paths may call

// --- What a port calls back (kernel/trap.h) ---
// trap_syscall(frame), trap_interrupt(), trap_timer(), trap_signal(), trap_fault(frame, reason,
// address), trap_float(). They take the kernel lock; schedule_exit() gives it up.

#include <arch/inline.h>
