// SPDX-License-Identifier: MIT
// What the files of this port tell each other: exception numbers, and the entry code's own symbols.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct frame;

enum : uint32_t {
    EXCEPTION_DIVIDE = 0,
    EXCEPTION_DEBUG = 1,
    EXCEPTION_NMI = 2,
    EXCEPTION_BREAKPOINT = 3,
    EXCEPTION_OVERFLOW = 4,
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

// The kernel's own top table, without a user half. Every space has its upper entries.
extern uint64_t kernel_top[];

// Entry code.
extern const uint8_t idle_begin[], idle_end[];

// Handlers that entry code calls; trap.c. trap_deliver: false when the thread cannot go on with it.
void trap_user(struct frame *frame);
void trap_kernel(struct frame *frame);
void trap_external(uint32_t vector);
bool trap_deliver(struct frame *frame);
