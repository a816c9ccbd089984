// SPDX-License-Identifier: MIT
// Who wants to know of an end: events to signal when a process or a thread is dead. Any number may
// watch, each charged to its process; a few are told at once, the most urgent first, the others on
// the way out (kernel/schedule/later.h). Guarded by the kernel lock.
#pragma once

#include "kernel/schedule/later.h"
#include "kernel/tree.h"
#include <abi/status.h>

struct event;
struct object;
struct thread;

struct watch_list {
    struct object *object; // whose end it is
    struct tree by_event;  // key: its id
    struct tree by_urgency;
    struct later rest; // while there are some to be told
    bool fired;
};

void watch_init_all(void);
void watch_init(struct watch_list *watchers, struct object *object);

// Adds `event` for `thread`, whose process is charged; at once when the end has come already. The
// same event's bits are replaced; no bits take it away. ERR_QUOTA, ERR_NO_MEMORY.
enum status watch_add(struct watch_list *watchers, const struct thread *thread, struct event *event,
                      uint64_t bits);

// The end has come: signals everybody and forgets them. The object is kept until all are told.
void watch_fire(struct watch_list *watchers);

// The object goes: everybody has been told.
void watch_fini(struct watch_list *watchers);
