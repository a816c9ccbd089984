// SPDX-License-Identifier: MIT
// The fast path for messages that are more than registers. Entry code has saved all of the message
// and tries this before it makes the call in the ordinary way. Checks come first, then whatever
// travels besides, which may fail, then changes.
#include "kernel/object/fast.h"
#include "kernel/object/fast_step.h"
#include "kernel/object/handle.h"
#include "kernel/object/message_step.h"
#include <abi/syscalls.h>

enum { REG_LABEL = 1, REG_DEADLINE = 10, REG_TOKEN_IN = 10, REG_TRANSFER = 11 };

// The server that waits for the caller's message; nullptr: this is for the ordinary way.
static inline struct thread *find_server(struct thread *caller, const struct session *session)
{
    const uint64_t *reg = caller->frame.reg;
    if (reg[REG_DEADLINE] < FE_UNINTERRUPTED || reg[REG_LABEL] >= FE_NOTICE) return nullptr;
    if (session == nullptr || caller->caller_condition != THREAD_RUNNING) return nullptr;
    return session->open == nullptr ? nullptr : channel_first_alone(session->open);
}

// The caller that waits for the server's answer.
static inline struct thread *find_caller(const struct cpu *cpu, const struct thread *server,
                                         const struct channel *channel)
{
    if (channel == nullptr) return nullptr;
    struct thread *caller = server->ipc.answering;
    uint64_t token = server->frame.reg[REG_TOKEN_IN];
    if (!is_answerable(channel, server, caller, token, UNINTERRUPTED | BUFFERED)) return nullptr;
    return is_most_urgent(cpu, caller) ? caller : nullptr;
}

// All that is not in registers goes to the other side; false, with nothing of it having moved: it
// cannot at once.
static inline bool pass(struct thread *from, struct thread *to)
{
    bool ignored;
    if (prepare(from, from->frame.reg[REG_TRANSFER]) != OK) return false;
    if (is_nothing(from, to)) return true;
    uint32_t size = send_size(from);
    if (size > PAGE_SIZE || admit(from, to, &ignored) != OK) return false;
    for (uint32_t done = 0; done < size;) {
        if (send_step(from, to, &done, &ignored) != OK) return false;
        if (ARCH_COPY_APART < PAGE_SIZE && done < size && lock_should_pass()) return false;
    }
    return deliver(from, to, &ignored) == OK;
}

struct frame *fast_transfer(struct frame *frame, uint64_t number)
{
    struct cpu *cpu = arch_cpu();
    struct thread *from = CONTAINER(frame, struct thread, frame), *to;
    const struct session *session = nullptr;
    struct channel *channel;
    if (cpu->concerns != 0) return nullptr;
    bool is_call = number == FE_CALL_CHANNEL_CALL;
    uint32_t handle = (uint32_t)frame->reg[0];
    if (is_call) {
        session = find_session(&from->process->handles, handle);
        to = find_server(from, session);
    } else {
        channel = find_channel(&from->process->handles, handle);
        to = find_caller(cpu, from, channel);
    }
    if (to == nullptr || !arch_space_is_ready(&to->process->space.arch)) return nullptr;
    if (!pass(from, to)) {
        to->ipc.copied_with = 0; // something of it may have moved
        (void)user_copy_stopped();
        return nullptr;
    }

    from->waits++; // no copy that was stopped goes on in this wait
    if (is_call) {
        channel = session->open;
        channel->waiting = channel->attending = nullptr;
        from->uninterrupted = frame->reg[REG_DEADLINE] == FE_UNINTERRUPTED;
        from->buffered = from->ipc.transfer_at != 0;
        take_call(from, to, session, channel, from->ipc.transfer_at);
    } else {
        channel_set_alone(channel, from, message_is_plain(from));
        take_answer(to, from, channel, from->ipc.transfer_at);
    }
    return go(cpu, from, to);
}
