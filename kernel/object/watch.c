// SPDX-License-Identifier: MIT
// Watches: small nodes that refer to an event and remember its bits.
#include "kernel/object/watch.h"
#include "kernel/list.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/event.h"
#include "kernel/object/quota.h"
#include "kernel/object/thread.h"

struct watch {
    struct tree_node by_event, by_urgency;
    struct event *event; // a reference
    struct process *owner;
    uint64_t bits;
};
static struct slab watch_slab;

void watch_init_all(void)
{
    slab_init(&watch_slab, "watch", sizeof(struct watch));
}

static void forget(struct watch_list *watchers, struct watch *watch)
{
    struct process *owner = watch->owner;
    struct event *event = watch->event;
    tree_take(&watchers->by_event, &watch->by_event);
    tree_take(&watchers->by_urgency, &watch->by_urgency);
    slab_free(&watch_slab, watch);
    process_uncharge(owner, sizeof *watch);
    process_release(owner);
    object_put(&event->object);
}

enum : uint32_t { TOLD_AT_ONCE = 4 };

// The most urgent first; the object may go with the last.
static void tell_some(struct watch_list *watchers)
{
    for (uint32_t i = 0; i < TOLD_AT_ONCE && !tree_is_empty(&watchers->by_urgency); i++) {
        struct watch *watch = CONTAINER(watchers->by_urgency.first, struct watch, by_urgency);
        event_signal(watch->event, watch->bits);
        forget(watchers, watch);
    }
    if (tree_is_empty(&watchers->by_urgency))
        object_put(watchers->object);
    else
        later_put(&watchers->rest, watchers->by_urgency.first->key);
}

static void tell_rest(struct later *later)
{
    tell_some(CONTAINER(later, struct watch_list, rest));
}

void watch_init(struct watch_list *watchers, struct object *object)
{
    *watchers = (struct watch_list){.object = object, .rest.step = tell_rest};
}

static struct watch *find(const struct watch_list *watchers, const struct event *event)
{
    struct tree_node *node = tree_find(&watchers->by_event, event->object.id);
    if (node == nullptr || node->key != event->object.id) return nullptr;
    return CONTAINER(node, struct watch, by_event);
}

enum status watch_add(struct watch_list *watchers, const struct thread *thread, struct event *event,
                      uint64_t bits)
{
    struct process *owner = thread->process;
    struct watch *watch = find(watchers, event);
    if (watch != nullptr) {
        watch->bits = bits;
        if (bits == 0) forget(watchers, watch);
        return OK;
    }
    if (watchers->fired) {
        event_signal(event, bits);
        return OK;
    }
    if (bits == 0) return OK;
    TRY(process_charge(owner, sizeof *watch));
    watch = slab_allocate(&watch_slab);
    if (watch == nullptr) {
        process_uncharge(owner, sizeof *watch);
        return ERR_NO_MEMORY;
    }
    process_hold(owner);
    object_get(&event->object);
    *watch = (struct watch){.event = event, .owner = owner, .bits = bits};
    tree_add(&watchers->by_event, &watch->by_event, event->object.id);
    tree_add(&watchers->by_urgency, &watch->by_urgency, thread->urgency);
    return OK;
}

void watch_fire(struct watch_list *watchers)
{
    ASSERT(!watchers->fired); // who watches is told once
    watchers->fired = true;
    object_get(watchers->object);
    tell_some(watchers);
}

void watch_fini(struct watch_list *watchers)
{
    ASSERT(watchers->fired && tree_is_empty(&watchers->by_event));
    ASSERT(!tree_is_linked(&watchers->rest.node));
}
