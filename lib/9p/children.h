// SPDX-License-Identifier: MIT
// What is in a directory of a tree: found by name at a cost that does not grow with their number,
// and listed in the order in which they came. Few are simply looked through.
#pragma once

#include <9p/server.h>

struct child {
    struct child *next; // with the same bucket
    const char *name;   // stays as long as it is in a directory
    uint32_t hash, place;
};

// All zero is an empty one.
struct children {
    struct child **list; // with holes, where some were removed; behind it, of many, the buckets
    uint32_t count, used, capacity; // those there, places up to the last one, places
};

struct child *children_find(const struct children *children, struct p9_name name); // may be nullptr
// Its name is none of theirs. False: no memory.
bool children_add(struct children *children, struct child *child);
void children_remove(struct children *children, struct child *child);
void children_fini(struct children *children); // forgets them all
