// SPDX-License-Identifier: MIT
// Processes and threads for the kernel's unit tests: a test plays what they would do.
#pragma once

#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include <kernel/syscalls.h>

// A process with a MiB of quota and `pages` writable pages at PLAY_MEMORY.
enum : uintptr_t { PLAY_MEMORY = 0x10'0000 };
struct process *play_process(uint32_t pages);

// A thread of it that is ready.
struct thread *play_thread(struct process *process, uint32_t priority);

// Lets `thread` run now, whoever is more urgent.
void play_as(struct thread *thread);

// Bytes in the memory of any process.
void play_store(struct process *process, uintptr_t address, const void *from, size_t size);
void play_load(struct process *process, uintptr_t address, void *to, size_t size);
