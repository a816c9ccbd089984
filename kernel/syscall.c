// SPDX-License-Identifier: MIT
// System calls enter here; the dispatcher made from abi/syscalls.def looks everything up.
#include "kernel/syscall.h"
#include "kernel/schedule/lock.h"
#include "kernel/trace.h"
#include "kernel/trap.h"
#include <arch/arch.h>
#include <kernel/syscalls.h>

void trap_syscall(struct frame *frame, uint64_t number)
{
    struct cpu *cpu = arch_cpu();
    if (!lock_enter_call(cpu)) return;
    cpu->calls++;
    enum status status =
        trace_is_on(cpu, TRACE_CALL) ? trace_call(frame, number) : syscall_dispatch(frame, number);
    if (status <= OK)
        frame->reg[0] = (uint64_t)(int64_t)status;
    else if (status == CALL_RESTART)
        arch_frame_restart(frame);
}
