// SPDX-License-Identifier: MIT
// Watches for a shortage of memory: by each quota a tree of them, the one that is told first in
// front, and how much may be used until then at hand for each charge (quota.alarm).
#include "kernel/object/shortage.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/event.h"
#include "kernel/object/process.h"
#include "kernel/object/quota.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

enum : uint32_t { TOLD_AT_ONCE = 4 };

struct shortage {
    struct tree_node node; // key: bytes used above which it is told; in the tree until it is
    struct event *event;   // a reference; nullptr: none
    uint64_t bits;
};
static struct slab shortage_slab;

void shortage_init(void)
{
    slab_init(&shortage_slab, "shortage", sizeof(struct shortage));
}

static void alarm_set(struct quota *quota)
{
    const struct tree_node *first = quota->shortages.first;
    quota->alarm = tree_is_empty(&quota->shortages) ? UINT64_MAX : first->key;
}

static void rest(struct quota *quota, struct shortage *shortage)
{
    if (tree_is_linked(&shortage->node)) tree_take(&quota->shortages, &shortage->node);
    alarm_set(quota);
}

void shortage_tell(struct quota *quota, uint64_t used)
{
    for (uint32_t i = 0; i < TOLD_AT_ONCE && used > quota->alarm; i++) {
        struct shortage *first = CONTAINER(quota->shortages.first, struct shortage, node);
        ASSERT(first->node.key == quota->alarm);
        ASSERT(first->event != nullptr && first->bits != 0);
        rest(quota, first);
        event_signal(first->event, first->bits);
    }
}

static void event_set(struct shortage *shortage, struct event *event)
{
    struct event *old = shortage->event;
    if (event != nullptr) object_get(&event->object);
    shortage->event = event;
    if (old != nullptr) object_put(&old->object);
}

enum status shortage_watch(struct process *process, struct event *event, uint64_t bits,
                           uint64_t least)
{
    struct quota *quota = process->quota;
    struct shortage *shortage = process->shortage;
    if (shortage == nullptr) {
        if (bits == 0) return OK;
        TRY(charged_take(process, &shortage_slab, sizeof *shortage, &shortage));
        *shortage = (struct shortage){};
        process->shortage = shortage;
    }
    rest(quota, shortage);
    event_set(shortage, bits == 0 ? nullptr : event);
    shortage->bits = bits;
    if (bits == 0) return OK;
    uint64_t most = quota_most(process);
    tree_add(&quota->shortages, &shortage->node, least < most ? most - least : 0);
    alarm_set(quota);
    shortage_tell(quota, quota->used);
    return OK;
}

void shortage_forget(struct process *process)
{
    struct shortage *shortage = process->shortage;
    if (shortage == nullptr) return;
    process->shortage = nullptr;
    rest(process->quota, shortage);
    event_set(shortage, nullptr);
    charged_free(process, &shortage_slab, sizeof *shortage, shortage);
}

enum status sys_memory_watch(fe_handle handle, uint64_t bits, size_t least)
{
    struct event *event;
    TRY(event_find(handle, &event));
    return shortage_watch(process_current(), event, bits, least);
}
