// SPDX-License-Identifier: MIT
// An array in the order of arrival and a hash table by name, which are made anew with twice the
// places when the array is full, or half of them when most are empty: what a removal leaves is a
// hole until then. So adding and removing cost the same on average, however many there are.
#include "children.h"
#include <ferrite/libc.h>

enum : uint32_t { FEW = 8 }; // places without a hash table

static bool has_buckets(const struct children *children)
{
    return children->capacity > FEW;
}

static struct child **bucket_of(const struct children *children, uint32_t hash)
{
    return &children->list[children->capacity + (hash & (children->capacity - 1))];
}

struct child *children_find(const struct children *children, struct p9_name name)
{
    if (!has_buckets(children)) {
        for (uint32_t i = 0; i < children->used; i++) {
            struct child *child = children->list[i];
            if (child != nullptr && p9_name_is(name, child->name)) return child;
        }
        return nullptr;
    }
    uint32_t hash = p9_name_hash(name);
    struct child *child = *bucket_of(children, hash);
    while (child != nullptr && (child->hash != hash || !p9_name_is(name, child->name)))
        child = child->next;
    return child;
}

static void place(struct children *children, struct child *child)
{
    child->place = children->used;
    children->list[children->used++] = child;
    children->count++;
    if (!has_buckets(children)) return;
    struct child **bucket = bucket_of(children, child->hash);
    child->next = *bucket;
    *bucket = child;
}

// Both tables are one block. `capacity` is a power of two. False: no memory, and nothing is
// changed.
static bool resize(struct children *children, uint32_t capacity)
{
    struct child **tables =
        calloc(capacity > FEW ? 2 * (size_t)capacity : capacity, sizeof *tables);
    if (tables == nullptr) return false;
    struct children before = *children;
    *children = (struct children){.list = tables, .capacity = capacity};
    for (uint32_t i = 0; i < before.used; i++)
        if (before.list[i] != nullptr) place(children, before.list[i]);
    free(before.list);
    return true;
}

bool children_add(struct children *children, struct child *child)
{
    if (children->used == children->capacity) {
        uint32_t capacity = children->capacity == 0 ? FEW : children->capacity;
        if (children->count > capacity / 2) capacity *= 2; // else holes are enough
        if (!resize(children, capacity)) return false;
    }
    child->hash = p9_name_hash(p9_name_of(child->name));
    place(children, child);
    return true;
}

void children_remove(struct children *children, struct child *child)
{
    if (has_buckets(children)) {
        struct child **at = bucket_of(children, child->hash);
        while (*at != child) at = &(*at)->next;
        *at = child->next;
    }
    children->list[child->place] = nullptr;
    children->count--;
    while (children->used > 0 && children->list[children->used - 1] == nullptr) children->used--;
    if (children->capacity > FEW && children->count < children->capacity / 4)
        (void)resize(children, children->capacity / 2); // without memory it stays as it is
}

void children_fini(struct children *children)
{
    free(children->list);
    *children = (struct children){};
}
