// SPDX-License-Identifier: MIT
// What this port's files call of each other, and what assembly calls of C.
#pragma once

#include <abi/bootinfo.h>
#include <stdint.h>

struct cpu;
struct frame;
struct description;

// trap.c, from entry.S
void trap_user_fault(struct frame *frame);
[[noreturn]] void trap_user_error(struct frame *frame);
void trap_kernel_sync(struct frame *frame);
[[noreturn]] void trap_kernel_other(struct frame *frame);
[[noreturn]] void trap_kernel_overflow(struct frame *frame);
void trap_device(void);

// cpu.c, from start.S: a CPU that was started, on its own stack.
[[noreturn]] void cpu_started(struct cpu *cpu);
extern const char start_secondary[];

// clock.c: the timer's interrupt number, once clock_init has been told it.
uint32_t clock_interrupt(void);
bool clock_init(const struct description *description);
void clock_init_cpu(void);

// power.c: how the machine is ended, as firmware and the command line say.
void power_init(const struct description *description, const struct bootinfo *info);

// Starts a CPU at a physical address, `context` in x0. False when firmware does not.
bool power_start_cpu(uint64_t hardware_id, uint64_t entry, uint64_t context);
