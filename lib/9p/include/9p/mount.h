// SPDX-License-Identifier: MIT
// Changing a namespace, and reading it: bind, mount and unmount as bind(1) has them. They change
// the table that the client resolves in (p9_namespace_set), for all who share it.
//
// A folder that is bound is a session of its own whose root is that folder: who takes it out of the
// table can reach nothing above it. With each mount the table keeps, each after a NUL, the name
// that it was made from; its origin, which is a service below /srv and the path in it; and "mount"
// when that name is another table's. So p9_mount_text() prints commands that make the table anew.
//
// Results: 0 or a negative errno. Not for two threads at a time.
#pragma once

#include <abi/object.h>
#include <stddef.h>
#include <stdint.h>

struct p9_mount_entry {
    uint64_t mount;
    uint32_t flags;    // MOUNT_CREATE, MOUNT_UNION
    uint32_t position; // in its union
    char *path;
    char *source;    // by which name it was mounted; "": not known
    char *origin;    // the same from /srv on; "": not known
    bool is_outside; // the source is a name of another table
};

struct p9_mounts { // in the order in which they came
    struct p9_mount_entry *entry;
    size_t count;
};

// The table of a namespace (right inspect).
int p9_mounts_read(fe_handle name_space, struct p9_mounts *mounts);
void p9_mounts_free(struct p9_mounts *mounts);

// What is mounted in `from` (rights inspect, resolve) is mounted in `to`, which is empty, for that
// user; of connectors of user 0. -EPERM: one is somebody else's. *failed, to be freed: the path of
// the mount with which it ended; nullptr: of none.
struct p9_user;
int p9_mounts_identify(fe_handle from, const struct p9_user *user, fe_handle to, char **failed);

// The table as commands for a shell or for names_run() (right inspect); to be freed. nullptr: no
// memory, or no right.
char *p9_mount_text(fe_handle name_space, size_t *size);

// What is at `old` is at `new` as well. `flags`: MOUNT_*. A folder united with others must be bound
// to a folder; what is mounted below `old` comes along. -EPERM: no right to change the namespace.
int p9_bind(const char *old, const char *new_path, uint32_t flags);
// The root of a connector is at `path`; the handle stays the caller's. `source`: the name for
// p9_mount_text(), "" for none.
int p9_mount(fe_handle connector, const char *source, const char *path, uint32_t flags);
// Takes away what was mounted at `path` from `source`; nullptr: all that is mounted there. -EINVAL:
// nothing is.
int p9_unmount(const char *source, const char *path);

// The two halves of bind, for tables that differ: what is at `path` in the client's namespace now,
// and mounting it in the one that is the client's then.
struct p9_part {
    fe_handle session;
    uint32_t flags;                 // MOUNT_*: where it was in its union
    char *suffix, *source, *origin; // where below the path it was; its names as in p9_mount_entry
};
struct p9_parts {
    fe_handle table; // in which they were found
    struct p9_part *part;
    size_t count;
    bool is_directory;
};
int p9_parts_find(const char *path, struct p9_parts *parts);
// The same for what is at `start` of a connector, which is called `source`.
int p9_parts_attach(fe_handle connector, const char *start, const char *source,
                    struct p9_parts *parts);
int p9_parts_mount(const struct p9_parts *parts, const char *path, uint32_t flags);
void p9_parts_free(struct p9_parts *parts);
