// SPDX-License-Identifier: MIT
// The steps that the ways of the fast path share: fast.c, for messages in registers,
// fast_transfer.c, and fast_event.c. All inline, because fast.c calls no function. For one CPU.
#pragma once

#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/slot.h"
#include "kernel/schedule/float.h"

enum { REG_BADGE = 10, REG_TOKEN = 11 };

// The object of `type` that `handle` names with `right`; nullptr: something is wrong.
[[gnu::always_inline]] static inline struct object *
find(const struct handle_table *table, uint32_t handle, enum object_type type, uint32_t right)
{
    uint32_t index = handle & (uint32_t)table->mask;
    const struct handle_slot *slot =
        &table->page[index / HANDLE_SLOTS_PER_PAGE][index % HANDLE_SLOTS_PER_PAGE];
    if (slot->number != handle || (slot->rights & right) == 0) return nullptr;
    return slot->object->type == type ? slot->object : nullptr;
}

// The same, to be remembered as the last.
[[gnu::always_inline]] static inline struct session *find_session_anew(struct handle_table *table,
                                                                       uint32_t handle)
{
    struct object *object = find(table, handle, OBJECT_SESSION, RIGHT_SESSION_CALL);
    if (object != nullptr) table->last_session = (struct last_handle){object, handle};
    return (struct session *)object;
}

[[gnu::always_inline]] static inline struct channel *find_channel_anew(struct handle_table *table,
                                                                       uint32_t handle)
{
    struct object *object = find(table, handle, OBJECT_CHANNEL, RIGHT_CHANNEL_SERVE);
    if (object != nullptr) table->last_channel = (struct last_handle){object, handle};
    return (struct channel *)object;
}

// The session or channel that a call is made on: most often the one of the process's last such
// call.
[[gnu::always_inline]] static inline struct session *find_session(struct handle_table *table,
                                                                  uint32_t handle)
{
    if (table->last_session.handle == handle) [[clang::likely]]
        return (struct session *)table->last_session.object;
    return find_session_anew(table, handle);
}

[[gnu::always_inline]] static inline struct channel *find_channel(struct handle_table *table,
                                                                  uint32_t handle)
{
    if (table->last_channel.handle == handle) [[clang::likely]]
        return (struct channel *)table->last_channel.object;
    return find_channel_anew(table, handle);
}

// The conditions of a caller that do not keep an answer off: it is not to be interrupted; and if
// there is more to the answer than registers, its struct fe_transfer has room for it.
enum : uint64_t {
    UNINTERRUPTED = 1ull << 8 * (offsetof(struct thread, uninterrupted) -
                                 offsetof(struct thread, caller_condition)),
    BUFFERED =
        1ull << 8 * (offsetof(struct thread, buffered) - offsetof(struct thread, caller_condition)),
};

// Whether nobody ready may be more urgent than `thread`.
[[gnu::always_inline]] static inline bool is_most_urgent(const struct cpu *cpu,
                                                         const struct thread *thread)
{
    if (cpu->queue.count == 0) return true;
    if (ARCH_COUNTS_ZEROS < 64) return !queue_has_rival(&cpu->queue, thread->urgency);
    __builtin_assume(cpu->queue.ready != 0); // fewer registers:
    return (uint64_t)__builtin_clzll(cpu->queue.ready) << URGENCY_SHIFT > thread->urgency;
}

// A call's way from `caller` to `server`, and an answer's way back; `transfer` is the sender's.
[[gnu::always_inline]] static inline void take_call(struct thread *caller, struct thread *server,
                                                    const struct session *session,
                                                    struct channel *channel, uint64_t transfer)
{
    uint64_t token = caller->ipc.token + TOKEN_STEP;
    caller->ipc.channel = channel;
    caller->ipc.server = server;
    caller->ipc.transfer_at = transfer;
    caller->ipc.token = token;
    caller->state = THREAD_SERVED;
    server->ipc.answering = caller;
    if (caller->urgency < server->urgency) server->urgency = caller->urgency;
    server->frame.reg[REG_BADGE] = session->badge;
    server->frame.reg[REG_TOKEN] = token;
    server->state = THREAD_RUNNING;
}

[[gnu::always_inline]] static inline void take_answer(struct thread *caller, struct thread *server,
                                                      struct channel *channel, uint64_t transfer)
{
    server->ipc.channel = channel;
    server->ipc.answering = nullptr;
    server->ipc.transfer_at = transfer;
    caller->caller_condition = THREAD_RUNNING; // neither uninterrupted nor buffered any more
    server->state = THREAD_RECEIVING;
    server->urgency = server->own_urgency;
}

// Whether `caller`, if any, waits for this answer of `server`, and nothing else is to be done.
// `conditions` are those of the caller's that do not keep it off.
[[gnu::always_inline]] static inline bool is_answerable(const struct channel *channel,
                                                        const struct thread *server,
                                                        const struct thread *caller, uint64_t token,
                                                        uint64_t conditions)
{
    if (server->server_condition != THREAD_RUNNING || server->donors.first != nullptr) return false;
    if (channel->busy || caller == nullptr) return false;
    if (caller->ipc.token != token || caller->ipc.channel != channel) return false;
    return (caller->caller_condition & ~conditions) == THREAD_SERVED;
}

// Books the time since the last switch to `from`, and makes `to`, which is RUNNING, the current
// thread.
[[gnu::always_inline]] static inline void switch_to(struct cpu *cpu, struct thread *from,
                                                    struct thread *to, bool shared)
{
    uint64_t now = arch_counter(), ticks = now - cpu->since;
    cpu->since = now;
    from->cpu_ticks += ticks;
    if (shared)
        __atomic_fetch_add(&from->process->cpu_ticks, ticks, __ATOMIC_RELAXED);
    else
        from->process->cpu_ticks += ticks;
    cpu->handovers++;
    cpu->frame = &to->frame;
    cpu->current = to;
}

// Loads the address space of `to`, which goes on.
[[gnu::always_inline]] static inline struct frame *enter(struct cpu *cpu, struct thread *to)
{
    cpu->space = &to->process->space;
    arch_space_use(&to->process->space.arch);
    return &to->frame;
}

[[gnu::returns_nonnull]] ARCH_FAST_PART struct frame *enter_with_float(struct thread *from,
                                                                       struct thread *to)
{
    struct cpu *cpu = arch_cpu();
    float_switch_alone(cpu, to, from);
    return enter(cpu, to);
}

[[gnu::always_inline]] static inline struct frame *go(struct cpu *cpu, struct thread *from,
                                                      struct thread *to)
{
    switch_to(cpu, from, to, false);
    if (cpu->float_enabled || to->float_switches != 0) [[clang::unlikely]]
        return enter_with_float(from, to);
    return enter(cpu, to);
}
