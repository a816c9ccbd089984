// SPDX-License-Identifier: MIT
// Threads for programs without a C library's own. One with a C library uses that one's threads.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

// Starts `run(argument)` on a stack of its own with a guard page; the thread ends when it returns.
// Priority 0: the creator's.
enum status fe_thread_spawn(void (*run)(void *argument), void *argument, size_t stack_size,
                            uint32_t priority, fe_handle *thread);

// What the calling thread is called in the words of locks: the low bits of its id. Known without a
// system call; whoever makes threads otherwise (the C library) has his own function for it.
uint32_t fe_thread_number(void);

// What the thread pointer of such a thread points to.
struct fe_thread_block {
    void *self; // first, where some instruction sets find their thread pointer
    uint32_t number;
};

// Sets the calling thread's block up.
void fe_thread_block_use(struct fe_thread_block *block);
