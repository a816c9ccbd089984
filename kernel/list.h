// SPDX-License-Identifier: MIT
// Intrusive circular lists. A node is linked into at most one list; an unlinked node points to
// itself, so list_remove of it is harmless. Whoever owns the list guards it.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct list_node {
    struct list_node *next, *previous;
};

struct list {
    struct list_node head;
};

#define LIST_INIT(list)                                                                            \
    {                                                                                              \
        {                                                                                          \
            &(list).head, &(list).head                                                             \
        }                                                                                          \
    }

// The structure of `type` whose `member` is at `node`.
#define CONTAINER(node, type, member) ((type *)((uint8_t *)(node) - offsetof(type, member)))

static inline void list_node_init(struct list_node *node)
{
    node->next = node->previous = node;
}

static inline void list_init(struct list *list)
{
    list_node_init(&list->head);
}

static inline bool list_is_empty(const struct list *list)
{
    return list->head.next == &list->head;
}

static inline bool list_is_linked(const struct list_node *node)
{
    return node->next != node;
}

static inline void list_insert_before(struct list_node *place, struct list_node *node)
{
    node->next = place;
    node->previous = place->previous;
    place->previous->next = node;
    place->previous = node;
}

static inline void list_append(struct list *list, struct list_node *node)
{
    list_insert_before(&list->head, node);
}

static inline void list_prepend(struct list *list, struct list_node *node)
{
    list_insert_before(list->head.next, node);
}

static inline void list_remove(struct list_node *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_node_init(node);
}

// nullptr when empty.
static inline struct list_node *list_first(const struct list *list)
{
    return list_is_empty(list) ? nullptr : list->head.next;
}

static inline struct list_node *list_take(struct list *list)
{
    struct list_node *node = list_first(list);
    if (node != nullptr) list_remove(node);
    return node;
}
