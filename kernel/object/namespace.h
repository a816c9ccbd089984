// SPDX-License-Identifier: MIT
// Namespaces: a table from paths to unions of mounts. The kernel finds the longest prefix of a path
// that has mounts; everything below is between the process and the server. Guarded by the kernel
// lock.
#pragma once

#include "kernel/list.h"
#include "kernel/object/object.h"
#include "kernel/object/path.h"
#include "kernel/object/reap.h"
#include "kernel/object/text.h"
#include "kernel/tree.h"

struct session;

enum : uint32_t { MOUNT_PATH_MAX = TEXT_MAX };

struct mount {
    struct list_node node;  // in its point's union, in order
    struct tree_node by_id; // in the namespace
    struct mount_point *point;
    struct session *session; // a handle's reference
    uint32_t rights, flags;
    struct text start; // the path that the server is asked for first
};

// How far somebody has counted through mounts, so that who goes through them by index does not
// begin anew each time, and a long way can be taken in steps.
struct mount_cursor {
    struct mount *mount; // nullptr: past the last
    uint64_t generation; // of the namespace; another: the cursor means nothing
    uint32_t index;
};

struct mount_point {
    struct tree_node node; // in the namespace, by hash of the path
    struct text path;
    struct list mounts;
    struct mount_cursor cursor; // through the union
    struct namespace *owner; // a reference once it was replaced: its mounts are the reaper's then
    struct reap reap;
    bool is_replaced;
};

struct namespace
{
    struct object object;
    struct tree points;
    uint64_t sizes;             // bit (size % 64): some mount point's path has, or had, such a size
    struct tree mounts;         // by id, of points that were replaced too
    struct mount_cursor cursor; // through all of them, in order
    struct mount *copying;      // of a clone being made: the next one to copy
    uint64_t generation;        // changes with every change
    uint64_t next_id;
    struct reap reap;
};

void namespace_init_all(void);
enum status namespace_create(struct process *owner, struct namespace **name_space);

// Adds a mount at a path that path_check() has passed; `hash` is what that gave. ERR_BAD_ARGUMENT:
// of the flags. ERR_NO_MEMORY, ERR_QUOTA, ERR_TOO_LARGE.
struct mount_plan {
    const char *path, *start;
    size_t path_size, start_size; // bytes
    uint64_t hash;
    uint64_t id; // of a copy: the original's, so that a clone knows in what order they came; 0: new
    struct session *session;
    uint32_t rights, flags;
};
enum status namespace_add(struct namespace *name_space, const struct mount_plan *plan,
                          uint64_t *id);

// The first mount of all, and the one after `mount` in the order of listing; nullptr: none.
struct mount *namespace_first(const struct namespace *name_space);
struct mount *namespace_next(const struct mount *mount);

// The index-th mount of all, and the one with that id: nullptr, none. CALL_RESTART: an interrupt
// waits, and part of the way is counted.
enum status namespace_at(struct namespace *name_space, uint32_t index, struct mount **mount);
struct mount *namespace_by_id(const struct namespace *name_space, uint64_t id);

// The index-th mount of the longest prefix of `path` that has any: ERR_NOT_FOUND, and CALL_RESTART
// as above, where `found` has how far it came: it begins with nothing but path_begin(), and holds
// for one generation of the namespace.
struct resolution {
    const struct mount *mount;
    struct path_scan scan, prefix; // how far it came; what is found so far, if its `at` is not 0
};
enum status namespace_find(struct namespace *name_space, const char *path, size_t size,
                           uint32_t index, struct resolution *found);
enum status namespace_remove(struct namespace *name_space, const char *path, size_t size,
                             uint64_t id);
