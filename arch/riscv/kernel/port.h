// SPDX-License-Identifier: MIT
// What the files of a RISC-V port call of each other, and what assembly calls of C.
#pragma once

#include <abi/bootinfo.h>
#include <abi/status.h>
#include <stdint.h>

struct cpu;
struct frame;
struct dtb;

// entry.S
extern const char entry_vector[];

// trap.c, from entry.S
void trap_user_fault(struct frame *frame);
void trap_kernel(struct frame *frame);
[[noreturn]] void trap_kernel_overflow(struct frame *frame);
void trap_device(void);

// cpu.c, from start.S: a CPU that was started, on its own stack.
[[noreturn]] void cpu_started(struct cpu *cpu);

// cpu.c: the machine's DTB; nullptr when firmware gave none.
const struct dtb *cpu_dtb(const struct bootinfo *info);

// Whether the boot CPU's node of the DTB lists an extension ("sstc"), or a single letter.
bool cpu_has_extension(const struct dtb *dtb, const char *name);

// The node of a CPU by its hart id; DTB_NONE: there is none.
uint32_t cpu_node(const struct dtb *dtb, uint64_t hart);

// What differs with the mode that the kernel runs in (arch/<isa>/kernel):
// clock.c. The second is for each CPU.
bool clock_init(const struct dtb *dtb);
void clock_init_cpu(void);
// How CPUs interrupt each other, before there is a controller.
void signal_init(const struct dtb *dtb);
// power.c
void power_init(const struct dtb *dtb, const struct bootinfo *info);
// start.c: makes a CPU run cpu_started(cpu) on its stack, which is made.
enum status start_cpu(struct cpu *cpu);
// The console of firmware, if there is one.
void console_firmware(void);
