// SPDX-License-Identifier: MIT
// The queue of what is to be freed: first come, first freed, one bounded step at a time.
#include "kernel/object/reap.h"

static struct list queue;
static bool stepping;

void reap_init_all(void)
{
    list_init(&queue);
}

void reap_init(struct reap *reap, bool (*step)(struct reap *reap))
{
    list_node_init(&reap->node);
    reap->step = step;
}

void reap_add(struct reap *reap)
{
    if (!list_is_linked(&reap->node)) list_append(&queue, &reap->node);
}

bool reap_step(void)
{
    if (stepping) return false;
    struct list_node *node = list_take(&queue);
    if (node == nullptr) return false;
    struct reap *reap = CONTAINER(node, struct reap, node);
    stepping = true;
    bool done = reap->step(reap);
    stepping = false;
    if (!done && !list_is_linked(&reap->node)) list_prepend(&queue, &reap->node);
    return true;
}
