// SPDX-License-Identifier: MIT
// See the header. Everything is checked first, in the order of what is at hand; then everything is
// changed. No function is called but inline ones: ports keep the message in registers meanwhile.
#include "kernel/object/fast.h"
#include "kernel/object/fast_step.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/place.h"

// --- Several CPUs
// ---------------------------------------------------------------------------------
//
// This CPU's flag is up meanwhile (kernel/schedule/lock.h), so whatever needs the kernel lock
// waits; only other fast paths go on. They may want the same server: who takes it out of
// channel->waiting has it. Putting it there comes last, because it may run elsewhere from then on.
// What a process remembers of its handles is not used: its other threads may be here at the same
// time. Where floating-point registers have to be loaded, the ordinary way does it.

// Whether `thread` can be switched to here, with nothing more to be done than go() does.
[[gnu::always_inline]] static inline bool is_handy(const struct cpu *cpu,
                                                   const struct thread *thread)
{
    bool has_float =
        thread->float_switches == 0 || (cpu->float_owner == thread && thread->float_cpu == cpu);
    return has_float && thread->budget == nullptr && place_is_allowed(thread, cpu) &&
           arch_space_is_ready(&thread->process->space.arch);
}

// The registers of who ran are saved; `to`, if it may need its own, has them here.
[[gnu::always_inline]] static inline void float_pass(struct cpu *cpu, struct thread *to)
{
    if (cpu->float_enabled && cpu->float_owner != nullptr)
        arch_float_save(cpu->float_owner->float_state);
    bool enable = to->float_switches != 0;
    if (enable) to->float_switches--;
    if (cpu->float_enabled == enable) return;
    cpu->float_enabled = enable;
    arch_float_enable(enable);
}

[[gnu::always_inline]] static inline void book(struct cpu *cpu, struct thread *from)
{
    uint64_t now = arch_counter(), ticks = now - cpu->since;
    cpu->since = now;
    from->cpu_ticks += ticks;
    __atomic_fetch_add(&from->process->cpu_ticks, ticks, __ATOMIC_RELAXED);
    cpu->handovers++;
}

[[gnu::always_inline]] static inline struct frame *go_shared(struct cpu *cpu, struct thread *to)
{
    cpu->frame = &to->frame;
    cpu->current = to;
    cpu->space = &to->process->space;
    to->cpu = cpu;
    to->state = THREAD_RUNNING;
    if (cpu->float_enabled | (to->float_switches != 0)) [[clang::unlikely]]
        float_pass(cpu, to);
    arch_space_use(&to->process->space.arch);
    return &to->frame;
}

[[gnu::always_inline]] static inline struct frame *
call_beside(struct cpu *cpu, struct thread *caller, uint64_t handle, uint64_t deadline)
{
    const struct session *session = (const struct session *)find(
        &caller->process->handles, handle, OBJECT_SESSION, RIGHT_SESSION_CALL);
    if (session == nullptr || caller->caller_condition != THREAD_RUNNING) return nullptr;
    struct channel *channel = session->open;
    if (channel == nullptr) return nullptr;
    struct thread *server = __atomic_load_n(&channel->waiting, __ATOMIC_ACQUIRE);
    if (server == nullptr || !is_handy(cpu, server)) return nullptr;
    struct thread *expected = server;
    if (!__atomic_compare_exchange_n(&channel->waiting, &expected, nullptr, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return nullptr;
    }
    book(cpu, caller);
    uint64_t token = caller->ipc.token + TOKEN_STEP;
    caller->ipc.channel = channel;
    caller->ipc.server = server;
    caller->ipc.transfer_at = 0;
    caller->ipc.token = token;
    caller->state = THREAD_SERVED;
    caller->uninterrupted = deadline == FE_UNINTERRUPTED;
    server->ipc.answering = caller;
    if (caller->urgency < server->urgency) server->urgency = caller->urgency;
    server->frame.reg[REG_BADGE] = session->badge;
    server->frame.reg[REG_TOKEN] = token;
    return go_shared(cpu, server);
}

[[gnu::always_inline]] static inline struct frame *reply_beside(struct cpu *cpu,
                                                                struct thread *server,
                                                                uint64_t handle, uint64_t token,
                                                                uint64_t transfer)
{
    struct channel *channel = (struct channel *)find(&server->process->handles, handle,
                                                     OBJECT_CHANNEL, RIGHT_CHANNEL_SERVE);
    if (channel == nullptr || server->server_condition != THREAD_RUNNING) return nullptr;
    struct thread *caller = server->ipc.answering;
    if (channel->busy || caller == nullptr) return nullptr;
    if (caller->ipc.token != token || caller->ipc.channel != channel) return nullptr;
    if ((caller->caller_condition & ~UNINTERRUPTED) != THREAD_SERVED) return nullptr;
    if (server->donors.first != nullptr) return nullptr;
    if (!is_most_urgent(cpu, caller) || !is_handy(cpu, caller)) return nullptr;

    book(cpu, server);
    server->ipc.channel = channel;
    server->ipc.answering = nullptr;
    server->ipc.transfer_at = transfer;
    caller->uninterrupted = false;
    server->state = THREAD_RECEIVING;
    server->urgency = server->own_urgency;
    struct frame *frame = go_shared(cpu, caller);
    __atomic_store_n(&channel->waiting, server, __ATOMIC_RELEASE);
    return frame;
}

// Whether the way beside other CPUs is open; the flag is up then.
[[gnu::always_inline]] static inline bool begin_beside(struct cpu *cpu)
{
    return cpu->shared && cpu->trace_kinds == 0 && !(cpu->reschedule | cpu->timer_stale) &&
           lock_try_fast(cpu);
}

[[gnu::always_inline]] static inline struct frame *call_shared(struct frame *frame, uint64_t handle,
                                                               uint64_t deadline)
{
    struct cpu *cpu = arch_cpu();
    if (!begin_beside(cpu)) return nullptr;
    frame = call_beside(cpu, CONTAINER(frame, struct thread, frame), handle, deadline);
    lock_end_fast(cpu);
    return frame;
}

[[gnu::always_inline]] static inline struct frame *
reply_shared(struct frame *frame, uint64_t handle, uint64_t token, uint64_t transfer)
{
    struct cpu *cpu = arch_cpu();
    if (!begin_beside(cpu)) return nullptr;
    frame = reply_beside(cpu, CONTAINER(frame, struct thread, frame), handle, token, transfer);
    lock_end_fast(cpu);
    return frame;
}

// --- The two calls
// --------------------------------------------------------------------------------

ARCH_FAST struct frame *fast_call(struct frame *frame, uint64_t handle, uint64_t deadline)
{
    struct cpu *cpu = arch_cpu();
    struct thread *caller = CONTAINER(frame, struct thread, frame);
    if (cpu->concerns != 0) [[clang::unlikely]]
        return call_shared(frame, handle, deadline);
    const struct session *session = find_session(&caller->process->handles, handle);
    if (session == nullptr || caller->caller_condition != THREAD_RUNNING) return nullptr;
    struct channel *channel = session->open;
    if (channel == nullptr) return nullptr;
    struct thread *server = channel->waiting;
    if (server == nullptr) return nullptr;
    if (!arch_space_is_ready(&server->process->space.arch)) return nullptr;

    channel->waiting = nullptr;
    caller->uninterrupted = deadline == FE_UNINTERRUPTED;
    take_call(caller, server, session, channel, 0);
    return go(cpu, caller, server);
}

ARCH_FAST struct frame *fast_reply_receive(struct frame *frame, uint64_t handle, uint64_t token,
                                           uint64_t transfer)
{
    struct cpu *cpu = arch_cpu();
    struct thread *server = CONTAINER(frame, struct thread, frame);
    if (cpu->concerns != 0) [[clang::unlikely]]
        return reply_shared(frame, handle, token, transfer);
    struct channel *channel = find_channel(&server->process->handles, handle);
    if (channel == nullptr || server->server_condition != THREAD_RUNNING) return nullptr;
    struct thread *caller = server->ipc.answering;
    if (channel->busy || caller == nullptr) return nullptr;
    if (caller->ipc.token != token || caller->ipc.channel != channel) return nullptr;
    if ((caller->caller_condition & ~UNINTERRUPTED) != THREAD_SERVED) return nullptr;
    if (server->donors.first != nullptr) return nullptr;
    if (!is_most_urgent(cpu, caller)) return nullptr;
    if (!arch_space_is_ready(&caller->process->space.arch)) return nullptr;

    channel->waiting = server;
    take_answer(caller, server, channel, transfer);
    return go(cpu, server, caller);
}
