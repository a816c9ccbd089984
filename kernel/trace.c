// SPDX-License-Identifier: MIT
// Writing records. A record is complete before `next` counts it, and is begun only after `next` has
// told that its place is no longer the old one's, so that a reader on another CPU is never misled.
// The listener is told by a timer, because who writes a record may be in the midst of anything.
#include "kernel/trace.h"
#include "kernel/log.h"
#include "kernel/object/call.h"
#include "kernel/object/event.h"
#include "kernel/object/process.h"
#include "kernel/syscall.h"
#include "kernel/trace_ring.h"
#include <kernel/syscalls.h>

// The next record, with what all kinds have, as of `thread` (nullptr: nobody); end() publishes it.
static struct fe_trace_record *begin(struct cpu *cpu, enum fe_trace_kind kind,
                                     const struct thread *thread)
{
    struct trace_ring *ring = cpu->trace;
    ASSERT(ring != nullptr && ring->cpu == cpu);
    struct fe_trace_record *record = &ring->records[ring->next & (ring->capacity - 1)];
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *record = (struct fe_trace_record){
        .counter = arch_counter(),
        .process = thread == nullptr ? 0 : thread->process->object.id,
        .thread = thread == nullptr ? 0 : thread->object.id,
        .kind = kind,
        .cpu = (uint16_t)cpu->index,
    };
    return record;
}

static void end(struct cpu *cpu)
{
    struct trace_ring *ring = cpu->trace;
    ring->next++;
    __atomic_store_n(&ring->head->next, ring->next, __ATOMIC_RELEASE);
    if (ring->next - ring->told < ring->capacity / 2) return;
    ring->told = ring->next;
    if (ring->event != nullptr) timer_arm(&ring->timer, clock_now());
}

// The thread may be gone when its call is over, so what names it is kept. A call that others would
// have ended may have found all it wanted: it is over when its thread still runs.
enum status trace_call(struct frame *frame, uint64_t number)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, TRACE_CALL, cpu->current);
    const struct thread *caller = cpu->current;
    uint64_t process = record->process, thread = record->thread;
    uint32_t detail = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
    record->detail = detail;
    __builtin_memcpy(record->word, frame->reg, sizeof record->word);
    end(cpu);
    enum status status = syscall_dispatch(frame, number);
    if (!trace_is_on(cpu, TRACE_CALL)) return status;
    bool is_over = status <= OK || (status == CALL_DEFERRED && cpu->current == caller);
    record = begin(cpu, TRACE_RETURN, nullptr);
    record->process = process;
    record->thread = thread;
    record->detail = detail;
    record->word[0] = (uint64_t)(int64_t)status;
    if (status == CALL_DEFERRED && is_over) record->word[0] = frame->reg[0];
    if (is_over) record->word[1] = frame->reg[1];
    end(cpu);
    return status;
}

TRACE_WRITER void trace_write_switch(struct cpu *cpu, const struct thread *thread)
{
    uint64_t id = thread == nullptr ? 0 : thread->object.id, before = cpu->trace->running;
    if (id == before) return;
    struct fe_trace_record *record = begin(cpu, TRACE_SWITCH, thread);
    record->word[0] = before;
    record->word[1] = thread == nullptr ? PRIORITY_COUNT : urgency_priority(thread->urgency);
    cpu->trace->running = id;
    end(cpu);
}

TRACE_WRITER void trace_write_message(enum fe_trace_kind kind, const struct thread *caller,
                                      const struct thread *server)
{
    enum : uint32_t { REG_LABEL = 1, REG_BADGE = 10 };
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, kind, server);
    record->word[0] = caller->object.id;
    record->word[1] = caller->ipc.token;
    record->word[2] = (kind == TRACE_REQUEST ? caller : server)->frame.reg[REG_LABEL];
    if (kind == TRACE_REQUEST) record->word[3] = server->frame.reg[REG_BADGE];
    end(cpu);
}

TRACE_WRITER void trace_write_wake(const struct thread *thread)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, TRACE_WAKE, cpu->current);
    record->detail = thread->state;
    record->word[0] = thread->object.id;
    record->word[1] = thread->process->object.id;
    record->word[2] = urgency_priority(thread->urgency);
    end(cpu);
}

TRACE_WRITER void trace_write_timer(uint64_t due, uint64_t now)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, TRACE_TIMER, cpu->current);
    record->word[0] = due;
    record->word[1] = now - due;
    end(cpu);
}

TRACE_WRITER void trace_write_interrupt(uint32_t number, const struct event *event)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, TRACE_INTERRUPT, cpu->current);
    record->detail = number;
    record->word[0] = event == nullptr ? 0 : event->object.id;
    end(cpu);
}

TRACE_WRITER void trace_write_fault(enum fault_reason reason, uintptr_t address, enum status status)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, TRACE_FAULT, cpu->current);
    record->detail = reason;
    record->word[0] = address;
    record->word[1] = arch_frame_place(&cpu->current->frame).pc;
    record->word[2] = (uint64_t)(int64_t)status;
    end(cpu);
}

TRACE_WRITER void trace_write_priority(const struct thread *thread, uint64_t urgency)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, TRACE_PRIORITY, cpu->current);
    record->word[0] = thread->object.id;
    record->word[1] = urgency_priority(thread->urgency);
    record->word[2] = urgency_priority(urgency);
    if (urgency_has_deadline(urgency)) record->word[3] = urgency & URGENCY_NO_DEADLINE;
    end(cpu);
}

TRACE_WRITER void trace_write_budget(const struct thread *thread, enum fe_trace_kind kind,
                                     const uint64_t words[2])
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, kind, cpu->current);
    record->word[0] = thread->object.id;
    record->word[1] = words[0];
    record->word[2] = words[1];
    end(cpu);
}

TRACE_WRITER void trace_write_process(const struct process *process, enum fe_trace_kind kind)
{
    struct cpu *cpu = arch_cpu();
    struct fe_trace_record *record = begin(cpu, kind, cpu->current);
    record->process = process->object.id;
    if (kind == TRACE_PROCESS) {
        static_assert(sizeof process->name == sizeof record->word);
        __builtin_memcpy(record->word, process->name, sizeof record->word);
    } else {
        record->word[0] = (uint64_t)(int64_t)process->exit_code;
    }
    end(cpu);
}
