// SPDX-License-Identifier: MIT
// Synthetic trees: directories and files that are made of functions. A file has a function that
// prints its text (run at open, so that a reader sees one consistent text), one that takes what is
// written, or a whole table of operations of its own. Directories are made on the way. Entries come
// and go while the server runs.
#pragma once

#include <9p/server.h>

struct p9_text; // grows as it is printed to

[[gnu::format(printf, 2, 3)]] void p9_print(struct p9_text *text, const char *format, ...);
void p9_print_bytes(struct p9_text *text, const void *data, size_t size);

struct p9_tree_entry {
    const char *
        path; // relative, "status" or "net/status"; copied. "": the root, for its control operation
    uint32_t mode; // permissions; S_IFDIR for an empty directory, S_IFCHR for a device, S_IFLNK
    // The text as `request`'s user sees it.
    int (*text)(struct p9_request *request, void *context, struct p9_text *text);
    // One write, without a NUL (who writes one gets EINVAL); all of it is consumed on 0.
    int (*command)(struct p9_request *request, void *context, const char *text, size_t size);
    const struct p9_operations
        *operations;    // instead of the two; p9_tree_context() gives the context
    const char *target; // of a symbolic link
    void *context;
    uint32_t uid, gid;
};

// A new tree with the entries of a table.
int p9_tree_create(const struct p9_tree_entry *table, size_t count, struct p9_node **root);
int p9_tree_add(struct p9_node *root, const struct p9_tree_entry *entry, struct p9_node **node);
// Removes a file, or a directory with all that is below; open ones stay usable but run no function
// any more.
void p9_tree_remove(struct p9_node *root, const char *path);
void *p9_tree_context(const struct p9_node *node);
