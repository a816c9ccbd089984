// SPDX-License-Identifier: MIT
// The queue of what is to be freed: first come, first freed, one bounded step at a time.
#include "kernel/object/reap.h"
#include "kernel/log.h"
#include "kernel/schedule/lock.h"
#include <arch/arch.h>

enum : uint32_t { ROOM_STEPS = 16 };

static struct list queue; // by serial
static uint64_t added;    // serial of the newest that was queued ever
static uint64_t wanted;   // the newest that was queued when something failed; 0: nothing did
static uint64_t stepped;  // serial of the one whose step runs; 0: none

void reap_init_all(void)
{
    list_init(&queue);
    added = wanted = 0;
}

void reap_init(struct reap *reap, bool (*step)(struct reap *reap))
{
    list_node_init(&reap->node);
    ASSERT(step != nullptr);
    reap->step = step;
}

void reap_add(struct reap *reap)
{
    if (list_is_linked(&reap->node)) return;
    reap->serial = stepped != 0 ? stepped : ++added;
    if (stepped != 0)
        list_prepend(&queue, &reap->node);
    else
        list_append(&queue, &reap->node);
}

bool reap_step(void)
{
    ASSERT(stepped == 0);
    struct list_node *node = list_take(&queue);
    if (node == nullptr) return false;
    struct reap *reap = CONTAINER(node, struct reap, node);
    stepped = reap->serial;
    bool done = reap->step(reap);
    stepped = 0;
    if (!done && !list_is_linked(&reap->node)) list_prepend(&queue, &reap->node);
    return true;
}

void reap_want(void)
{
    if (!list_is_empty(&queue)) wanted = added;
}

static bool oldest_is_within(uint64_t limit)
{
    struct list_node *node = list_first(&queue);
    return node != nullptr && CONTAINER(node, struct reap, node)->serial <= limit;
}

// The look is before each step, for what failed may have taken long already. Other CPUs wait for
// the first: they may want room too, and who always lets all others go first gets nowhere.
static void some_steps(uint64_t limit)
{
    for (uint32_t i = 0; i < ROOM_STEPS && oldest_is_within(limit); i++) {
        if (i == 0 ? arch_interrupt_pending() : lock_should_pass()) break;
        reap_step();
    }
}

bool reap_make_room(uint64_t *limit)
{
    if (*limit == 0) *limit = wanted;
    bool is_hopeful = wanted != 0 && oldest_is_within(*limit);
    wanted = 0;
    if (is_hopeful) some_steps(*limit);
    return is_hopeful;
}

bool reap_earlier(uint64_t *limit)
{
    if (*limit == 0) *limit = added;
    if (!oldest_is_within(*limit)) return false;
    some_steps(*limit);
    return true;
}
