// SPDX-License-Identifier: MIT
// See the header. Everything is checked first, in the order of what is at hand; then everything is
// changed. No function is called but inline ones, because ports keep the message in registers
// meanwhile. The rarer ways are ARCH_FAST_PART: where a port has few registers they are functions
// of their own, to which the frequent way jumps.
#include "kernel/object/fast.h"
#include "kernel/object/fast_step.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/place.h"

enum { REG_TENTH = 10, REG_TRANSFER = 11 };

// It goes the ordinary way, which finds in the frame what the port has kept in registers.
[[gnu::always_inline]] static inline struct frame *decline(struct thread *thread, uint64_t tenth,
                                                           uint64_t transfer)
{
    thread->frame.reg[REG_TENTH] = tenth;
    thread->frame.reg[REG_TRANSFER] = transfer;
    return nullptr;
}

// --- Several CPUs
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
[[gnu::always_inline]] static inline void float_pass(struct cpu *cpu, const struct thread *from,
                                                     struct thread *to)
{
    if (cpu->float_enabled && cpu->float_owner != nullptr)
        arch_float_save(cpu->float_owner->float_state, cpu->float_owner == from);
    bool enable = to->float_switches != 0;
    if (enable) to->float_switches--;
    if (cpu->float_enabled == enable) return;
    cpu->float_enabled = enable;
    arch_float_enable(enable);
}

[[gnu::always_inline]] static inline struct frame *go_shared(struct cpu *cpu, struct thread *from,
                                                             struct thread *to)
{
    switch_to(cpu, from, to, true);
    to->cpu = cpu;
    if (cpu->float_enabled || to->float_switches != 0) [[clang::unlikely]]
        float_pass(cpu, from, to);
    return enter(cpu, to);
}

[[gnu::always_inline]] static inline struct frame *
call_beside(struct cpu *cpu, struct thread *caller, uint32_t handle, uint64_t deadline)
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
    caller->uninterrupted = deadline == FE_UNINTERRUPTED;
    take_call(caller, server, session, channel, 0);
    return go_shared(cpu, caller, server);
}

[[gnu::always_inline]] static inline struct frame *reply_beside(struct cpu *cpu,
                                                                struct thread *server,
                                                                uint32_t handle, uint64_t token,
                                                                uint64_t transfer)
{
    struct channel *channel = (struct channel *)find(&server->process->handles, handle,
                                                     OBJECT_CHANNEL, RIGHT_CHANNEL_SERVE);
    struct thread *caller = server->ipc.answering;
    if (channel == nullptr || !is_answerable(channel, server, caller, token, UNINTERRUPTED))
        return nullptr;
    if (!is_most_urgent(cpu, caller) || !is_handy(cpu, caller)) return nullptr;

    take_answer(caller, server, channel, transfer);
    struct frame *frame = go_shared(cpu, server, caller);
    __atomic_store_n(&channel->waiting, server, __ATOMIC_RELEASE);
    return frame;
}

// The way beside other CPUs, if it is open; the flag is up meanwhile.
ARCH_FAST_PART struct frame *call_shared(struct thread *caller, uint32_t handle, uint64_t deadline)
{
    struct cpu *cpu = arch_cpu();
    struct frame *frame = nullptr;
    if (lock_begin_fast(cpu)) {
        frame = call_beside(cpu, caller, handle, deadline);
        lock_end_fast(cpu);
    }
    return frame != nullptr ? frame : decline(caller, deadline, 0);
}

ARCH_FAST_PART struct frame *reply_shared(struct thread *server, uint32_t handle, uint64_t token,
                                          uint64_t transfer)
{
    struct cpu *cpu = arch_cpu();
    struct frame *frame = nullptr;
    if (lock_begin_fast(cpu)) {
        frame = reply_beside(cpu, server, handle, token, transfer);
        lock_end_fast(cpu);
    }
    return frame != nullptr ? frame : decline(server, token, transfer);
}

// --- One CPU

[[gnu::always_inline]] static inline struct frame *
call_alone(struct cpu *cpu, struct thread *caller, const struct session *session, uint64_t deadline)
{
    if (caller->caller_condition != THREAD_RUNNING) return nullptr;
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

[[gnu::always_inline]] static inline struct frame *reply_alone(struct cpu *cpu,
                                                               struct thread *server,
                                                               struct channel *channel,
                                                               uint64_t token, uint64_t transfer)
{
    struct thread *caller = server->ipc.answering;
    if (!is_answerable(channel, server, caller, token, UNINTERRUPTED)) return nullptr;
    if (!is_most_urgent(cpu, caller)) return nullptr;
    if (!arch_space_is_ready(&caller->process->space.arch)) return nullptr;

    take_answer(caller, server, channel, transfer);
    channel->waiting = server;
    return go(cpu, server, caller);
}

[[gnu::always_inline]] static inline struct frame *
call_by(struct thread *caller, const struct session *session, uint64_t deadline)
{
    struct frame *frame = call_alone(arch_cpu(), caller, session, deadline);
    return frame != nullptr ? frame : decline(caller, deadline, 0);
}

[[gnu::always_inline]] static inline struct frame *
reply_by(struct thread *server, struct channel *channel, uint64_t token, uint64_t transfer)
{
    struct frame *frame = reply_alone(arch_cpu(), server, channel, token, transfer);
    return frame != nullptr ? frame : decline(server, token, transfer);
}

// By another handle than last.
ARCH_FAST_PART struct frame *call_anew(struct thread *caller, uint32_t handle, uint64_t deadline)
{
    const struct session *session = find_session_anew(&caller->process->handles, handle);
    if (session == nullptr) return decline(caller, deadline, 0);
    return call_by(caller, session, deadline);
}

ARCH_FAST_PART struct frame *reply_anew(struct thread *server, uint32_t handle, uint64_t token,
                                        uint64_t transfer)
{
    struct channel *channel = find_channel_anew(&server->process->handles, handle);
    if (channel == nullptr) return decline(server, token, transfer);
    return reply_by(server, channel, token, transfer);
}

// --- The two calls

ARCH_FAST struct frame *fast_call(struct thread *caller, uint32_t handle, uint64_t deadline)
{
    if (arch_cpu()->concerns != 0) [[clang::unlikely]]
        return call_shared(caller, handle, deadline);
    const struct last_handle *last = &caller->process->handles.last_session;
    if (last->handle != handle) [[clang::unlikely]]
        return call_anew(caller, handle, deadline);
    return call_by(caller, (const struct session *)last->object, deadline);
}

ARCH_FAST struct frame *fast_reply_receive(struct thread *server, uint32_t handle, uint64_t token,
                                           uint64_t transfer)
{
    if (arch_cpu()->concerns != 0) [[clang::unlikely]]
        return reply_shared(server, handle, token, transfer);
    const struct last_handle *last = &server->process->handles.last_channel;
    if (last->handle != handle) [[clang::unlikely]]
        return reply_anew(server, handle, token, transfer);
    return reply_by(server, (struct channel *)last->object, token, transfer);
}
