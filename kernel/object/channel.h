// SPDX-License-Identifier: MIT
// Channels and their sessions: synchronous calls from client ends to one server end. A call is
// queued by urgency until a server thread receives it, then served until it is answered; meanwhile
// its urgency is lent to the server. Guarded by the kernel lock.
#pragma once

#include "kernel/object/object.h"
#include "kernel/object/reap.h"
#include "kernel/object/text.h"
#include "kernel/object/thread.h"

struct event;

struct channel {
    struct object object;
    struct thread *waiting;       // waits for a message in registers, alone: `receivers` is empty
    struct thread *attending;     // the same for any message, told in its struct fe_transfer
    bool busy;                    // something may be there to receive, or others wait to
    bool closed;                  // no server end left
    struct tree receivers;        // threads that wait for a message, by urgency
    struct tree callers;          // threads whose calls nobody has received yet, by urgency
    struct list served;           // threads whose calls wait for the reply
    struct thread *receiver;      // who received last: the queue lends it urgency; may be nullptr
    struct list_node of_receiver; // in receiver->channels
    struct tree_node donation;    // in receiver->donors while calls are queued
    struct list notices;  // struct notice: calls that were given up after they were received
    struct list ended;    // sessions whose last handle is gone
    struct tree sessions; // by id
    struct tree notes;    // struct note, by the id of their session
    struct event *event;  // bound; a reference
    struct reap reap;
};

struct session {
    struct object object;
    struct channel *channel; // a reference
    struct channel *open;    // the same; nullptr: revoked
    uint64_t badge;
    struct note *note; // nullptr: none
    struct tree_node by_id;
    struct list_node ended;
};

// What a server has left with a session for whoever serves the channel after it.
struct note {
    struct tree_node by_id;
    struct session *session;
    struct text text;
};

// A message of the kernel about a call that was given up; made before the call, charged to its
// process.
struct notice {
    struct list_node node;
    uint64_t token;
    struct process *owner;
};
enum status notice_create(struct process *owner, struct notice **notice);
void notice_destroy(struct notice *notice);

enum status channel_create(struct process *owner, struct channel **channel);
enum status session_create(struct channel *channel, struct process *owner, uint64_t badge,
                           struct session **session);
void channel_init_all(void);
void session_init_all(void);

// The server that waits alone; nullptr: there is none, or others wait too.
static inline struct thread *channel_first_alone(const struct channel *channel)
{
    return channel->waiting != nullptr ? channel->waiting : channel->attending;
}

// `server` waits alone, for a message in registers only or for any.
static inline void channel_set_alone(struct channel *channel, struct thread *server, bool is_plain)
{
    if (is_plain)
        channel->waiting = server;
    else
        channel->attending = server;
}

// The most urgent thread that waits for a message; nullptr: none.
static inline struct thread *channel_first_receiver(const struct channel *channel)
{
    struct thread *alone = channel_first_alone(channel);
    if (alone != nullptr) return alone;
    struct tree_node *first = channel->receivers.first;
    return first == nullptr ? nullptr : CONTAINER(first, struct thread, node);
}

// What the fast path has left aside goes where everybody looks: the caller that `server` was given,
// and the server that waits for it alone.
void channel_list_caller(struct thread *server);
void channel_list_receiver(struct channel *channel);

static inline void channel_list_answering(struct thread *server)
{
    const struct thread *caller = server->ipc.answering;
    if (caller != nullptr && !caller->listed) channel_list_caller(server);
}

// Something for the server end besides calls is there: a waiting server thread gets it.
void channel_notify(struct channel *channel);

// A session's last handle is gone.
void channel_session_ended(struct channel *channel, struct session *session);

// Threads leave their waits: a queued call, a received one, a server.
void channel_uncall(struct thread *thread);
void channel_give_up(struct thread *thread);
// Tells the server that the caller of a received call wants it no more; it is still the server's to
// answer.
void channel_tell_cancelled(struct thread *thread);
void channel_leave(struct thread *thread);

// A served caller's call is answered: it is nobody's any more.
void channel_finish(struct thread *caller);

// `thread` dies: takes a bounded number of those whom it serves, and of channels, off it; true when
// done.
bool channel_forget_some(struct thread *thread);

// The queue of callers changed: so does what it lends to the receiver.
void channel_lend(struct channel *channel);

// Ends the call of a queued or served thread.
void channel_fail(struct thread *caller, enum status status);
