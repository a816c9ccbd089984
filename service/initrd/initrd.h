// SPDX-License-Identifier: MIT
// The tree of the archive's entries.
#pragma once

#include <9p/server.h>

struct entry {
    struct p9_node node;
    char *name; // the last one of its path
    struct entry *parent, *next, *first_child, *last_child;
    size_t offset;   // of its bytes in the archive
    bool is_image;   // its bytes are right when it can be made one
    fe_handle image; // once somebody ran or read it
};

struct archive {
    const uint8_t *bytes;
    fe_handle memory;
    size_t mapped_size;
    struct entry *root;
    uint32_t count;
};

extern struct archive archive;
extern const struct p9_operations initrd_operations;

// Makes the tree; directories that the archive lacks are made up. Negative errno; a malformed end
// is told and what came before it stays.
int archive_read(size_t size);
struct entry *entry_find(const struct entry *directory, struct p9_name name);
