// SPDX-License-Identifier: MIT
// System calls enter here; the dispatcher made from abi/syscalls.def looks everything up.
#include "kernel/syscall.h"
#include "kernel/memory/progress.h"
#include "kernel/memory/user.h"
#include "kernel/object/reap.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/lock.h"
#include "kernel/trace.h"
#include "kernel/trap.h"
#include <arch/arch.h>
#include <kernel/syscalls.h>

// ERR_BAD_ADDRESS: a page of the caller's that could not be brought in.
static bool is_starved(enum status status)
{
    return status == ERR_NO_MEMORY || status == ERR_QUOTA || status == ERR_BAD_ADDRESS;
}

// Also of a restart that was refused before it went on: the next call may be like it.
static void forget_progress(struct thread *thread)
{
    progress_end(&thread->progress);
    thread->ipc.copied_with = 0;
}

// A call failed, which has changed nothing: if that was for want of memory that the dead still
// hold, some of it is freed and the call is made again.
[[gnu::noinline]] static enum status call_again(struct frame *frame, uint64_t number,
                                                enum status status)
{
    uint64_t limit = 0;
    if (status == ERR_BAD_ADDRESS && user_copy_stopped()) return CALL_RESTART;
    while (is_starved(status) && reap_make_room(&limit)) {
        if (lock_should_pass()) return CALL_RESTART;
        status = syscall_dispatch(frame, number);
    }
    if (status < OK) forget_progress(thread_current());
    return status;
}

static void finish(struct frame *frame, uint64_t number, enum status status)
{
    if (status < OK) status = call_again(frame, number, status);
    if (status <= OK)
        frame->reg[0] = (uint64_t)(int64_t)status;
    else if (status == CALL_RESTART)
        arch_frame_restart(frame);
}

// With other CPUs beside this one, or while calls are traced.
[[gnu::noinline]] static void call_otherwise(struct frame *frame, uint64_t number)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_enter_call(cpu)) return;
    cpu->calls++;
    enum status status =
        trace_is_on(cpu, TRACE_CALL) ? trace_call(frame, number) : syscall_dispatch(frame, number);
    finish(frame, number, status);
}

void trap_syscall(struct frame *frame, uint64_t number)
{
    struct cpu *cpu = arch_cpu();
    if (cpu->concerns != 0) {
        call_otherwise(frame, number);
        return;
    }
    cpu->calls++;
    enum status status = syscall_dispatch(frame, number);
    if (status != OK)
        finish(frame, number, status);
    else
        frame->reg[0] = OK;
}
