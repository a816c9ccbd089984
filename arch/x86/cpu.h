// SPDX-License-Identifier: MIT
// What the files of both ports of x86 tell each other: exception numbers, entry code's own symbols
// and the handlers that it calls, and what each port does for itself.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct cpu;
struct frame;

enum : uint32_t {
    EXCEPTION_DIVIDE = 0,
    EXCEPTION_DEBUG = 1,
    EXCEPTION_NMI = 2,
    EXCEPTION_BREAKPOINT = 3,
    EXCEPTION_OVERFLOW = 4,
    EXCEPTION_BOUND = 5,
    EXCEPTION_OPCODE = 6,
    EXCEPTION_NO_FLOAT = 7,
    EXCEPTION_DOUBLE_FAULT = 8,
    EXCEPTION_STACK = 12,
    EXCEPTION_PROTECTION = 13,
    EXCEPTION_PAGE = 14,
    EXCEPTION_X87 = 16,
    EXCEPTION_ALIGNMENT = 17,
    EXCEPTION_MACHINE_CHECK = 18,
    EXCEPTION_SIMD = 19,
    VECTOR_EXTERNAL = 32, // the first that is not an exception
};

// Exceptions that can come at any instruction, and so have stacks of their own.
enum : uint32_t { SPECIAL_COUNT = 3, SPECIAL_STACK = 4096 };
extern const uint8_t special_vector[SPECIAL_COUNT];

// By the port: the gate of the special exception with this index, made of an ordinary one.
uint64_t gate_special(uint64_t gate, uint32_t index);

// A CPU's kernel stack; below it nothing is mapped. kernel.ld has the boot CPU's.
enum : uint32_t { KERNEL_STACK_ORDER = 2, KERNEL_STACK_SIZE = 4096u << KERNEL_STACK_ORDER };

// What a CPU has of its own: segments, task state, emergency stacks. False when there is no memory.
bool cpu_tables_make(struct cpu *cpu);

// The table of vectors, for this CPU.
void vectors_load(void);

// Every protection that both kinds of x86 have, with `more` in CR4, and the floating-point unit, on
// `cpu`, the one that runs, of which feature_find() was asked.
void protection_enable(struct cpu *cpu, uintptr_t more);

// The kernel's own translations, without a user half: the physical address of their top table.
extern uint64_t kernel_root;

// Entry code.
extern const uint8_t idle_begin[], idle_end[];

// Handlers that entry code calls; arch/x86/kernel/trap.c.
void trap_user(struct frame *frame);
void trap_kernel(struct frame *frame);
[[noreturn]] void trap_special(struct frame *frame);
void trap_external(uintptr_t vector);
