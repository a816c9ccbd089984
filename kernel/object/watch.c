// SPDX-License-Identifier: MIT
// Watches: small nodes that refer to an event and remember its bits.
#include "kernel/object/watch.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/event.h"
#include "kernel/object/quota.h"

struct watch {
    struct list_node node;
    struct event *event; // a reference
    struct process *owner;
    uint64_t bits;
};
static struct slab watch_slab;

void watch_init_all(void)
{
    slab_init(&watch_slab, "watch", sizeof(struct watch));
}

void watch_init(struct watch_list *watchers)
{
    list_init(&watchers->list);
    watchers->fired = false;
    watchers->count = 0;
}

static void forget(struct watch_list *watchers, struct watch *watch)
{
    struct process *owner = watch->owner;
    struct event *event = watch->event;
    ASSERT(watchers->count > 0);
    list_remove(&watch->node);
    watchers->count--;
    slab_free(&watch_slab, watch);
    process_uncharge(owner, sizeof *watch);
    process_release(owner);
    object_put(&event->object);
}

static struct watch *find(struct watch_list *watchers, struct event *event)
{
    for (struct list_node *node = watchers->list.head.next; node != &watchers->list.head;
         node = node->next) {
        struct watch *watch = CONTAINER(node, struct watch, node);
        if (watch->event == event) return watch;
    }
    return nullptr;
}

enum status watch_add(struct watch_list *watchers, struct process *owner, struct event *event,
                      uint64_t bits)
{
    struct watch *watch = find(watchers, event);
    if (watchers->fired) {
        event_signal(event, bits);
        return OK;
    }
    if (watch != nullptr) {
        watch->bits = bits;
        if (bits == 0) forget(watchers, watch);
        return OK;
    }
    if (bits == 0) return OK;
    if (watchers->count >= WATCH_MAX) return ERR_BUSY;
    TRY(process_charge(owner, sizeof *watch));
    watch = slab_allocate(&watch_slab);
    if (watch == nullptr) {
        process_uncharge(owner, sizeof *watch);
        return ERR_NO_MEMORY;
    }
    process_hold(owner);
    object_get(&event->object);
    watch->event = event;
    watch->owner = owner;
    watch->bits = bits;
    list_append(&watchers->list, &watch->node);
    watchers->count++;
    return OK;
}

void watch_fire(struct watch_list *watchers)
{
    ASSERT(!watchers->fired); // who watches is told once
    watchers->fired = true;
    for (struct list_node *node; (node = list_first(&watchers->list)) != nullptr;) {
        struct watch *watch = CONTAINER(node, struct watch, node);
        event_signal(watch->event, watch->bits);
        forget(watchers, watch);
    }
}

void watch_clear(struct watch_list *watchers)
{
    for (struct list_node *node; (node = list_first(&watchers->list)) != nullptr;) {
        forget(watchers, CONTAINER(node, struct watch, node));
    }
    ASSERT(watchers->count == 0);
}
