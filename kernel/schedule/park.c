// SPDX-License-Identifier: MIT
// Stopping a process: its threads' interruptible waits end, and none of them runs until it is
// continued.
#include "kernel/object/process.h"
#include "kernel/log.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"

enum : uint32_t { PARK_STEP = 16 }; // threads

static bool is_waiting(const struct thread *thread)
{
    return thread->state >= THREAD_CALLING && thread->state <= THREAD_FUTEX_SHARED;
}

static void park(struct thread *thread)
{
    if (is_waiting(thread)) {
        if (!thread->uninterrupted) wait_interrupt(thread);
    } else if (thread->state == THREAD_READY || thread->state == THREAD_RUNNING) {
        schedule_remove(thread);
        schedule_ready(thread);
    }
}

// Walks the list of threads by turning it: the first goes last, until all have been first since
// `stopping`.
bool schedule_park_some(struct process *process)
{
    ASSERT(process->stopped);
    for (uint32_t step = 0; step < PARK_STEP && process->parking > 0; step++, process->parking--) {
        struct list_node *node = list_take(&process->threads);
        if (node == nullptr) break;
        list_append(&process->threads, node);
        park(CONTAINER(node, struct thread, in_process));
    }
    return process->parking == 0 || list_is_empty(&process->threads);
}

bool schedule_unpark_some(struct process *process)
{
    ASSERT(!process->stopped);
    for (uint32_t step = 0; step < PARK_STEP; step++) {
        struct list_node *node = list_take(&process->parked);
        if (node == nullptr) return true;
        schedule_ready(CONTAINER(node, struct thread, run));
    }
    return false;
}
