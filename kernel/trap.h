// SPDX-License-Identifier: MIT
// Where an instruction set's trap code enters the portable kernel. All run on the CPU's kernel
// stack with interrupts masked, and take the kernel lock. Each returns to the port's common exit
// path, which calls schedule_exit() to learn which thread's frame to resume (it may be another than
// the one that came in).
#pragma once

#include <abi/object.h>
#include <stdint.h>

struct frame;

// A system call: number and reg[] as the ABI says.
void trap_syscall(struct frame *frame, uint64_t number);

// The timer of this CPU fired, and is set to nothing now.
void trap_timer(void);

// Another CPU wants this one to look again at what it does: it has changed its run queue, or asks
// it something.
void trap_signal(void);

// Interrupt `number` (GIC INTID, GSI or message vector number of the kernel's own) fired. The port
// has claimed it; the portable side masks it (level) and signals its object. Unknown numbers are
// counted.
void trap_interrupt(uint32_t number);

// A fault in user mode. `address` is the faulting data or instruction address.
void trap_fault(struct frame *frame, enum fault_reason reason, uintptr_t address);

// A page fault inside arch_user_read/arch_user_write: true when the page is there now and the
// access can be repeated, false to make the copy fail.
bool trap_user_copy_fault(uintptr_t address, bool write);

// First use of FP/SIMD by the current thread after a switch (only when arch_float_enable(false) was
// called).
void trap_float(void);

// A fault in the kernel itself: prints and panics.
[[noreturn]] void trap_kernel_fault(struct frame *frame, const char *what, uintptr_t address);

// For a port that has to look at user memory before it can tell what a trap was. False: the thread
// is not this CPU's any more, and the trap is over.
bool trap_enter(void);

// Picks what runs next and makes its address space current; returns its frame, or nullptr for idle
// (see arch_leave()). Gives up the kernel lock.
struct frame *schedule_exit(void);
