// SPDX-License-Identifier: MIT
// Who wants to know of an end: events to signal when a process or a thread is dead. Guarded by the
// kernel lock.
#pragma once

#include "kernel/list.h"
#include <abi/status.h>

struct event;
struct process;

struct watch_list {
    struct list list;
    uint32_t count;
    bool fired;
};

void watch_init_all(void);
void watch_init(struct watch_list *watchers);

// Adds `event`, charged to `owner`; at once when the end has come already. The same event's bits
// are replaced; no bits take it away.
enum status watch_add(struct watch_list *watchers, struct process *owner, struct event *event,
                      uint64_t bits);

// Signals everybody and forgets them; watch_clear forgets only. Bounded: see WATCH_MAX.
void watch_fire(struct watch_list *watchers);
void watch_clear(struct watch_list *watchers);
enum : uint32_t { WATCH_MAX = 64 };
