// SPDX-License-Identifier: MIT
// Making processes. The parent decides everything: image, namespace, handles, limits, stack, and
// writes the start block. Done in two steps, so that the child's process handle can be shown to
// others (the process service) before the child runs; fe_spawn() does both.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

struct fe_spawn_handle {
    const char *name; // as the child will look it up
    fe_handle handle; // moved into the child; FE_NO_HANDLE: only the value travels
    uint64_t value;
    bool keep; // a duplicate travels, the caller keeps its own
};

struct fe_spawn {
    fe_handle image;                // with spawn right; stays the caller's
    const char *name;               // for people; nullptr: the first argument
    const char *const *arguments;   // ended by nullptr
    const char *const *environment; // ended by nullptr; nullptr: empty
    const char *directory;          // nullptr: "/"
    fe_handle name_space;           // stays the caller's; FE_NO_HANDLE: share the caller's own
    bool may_mount;                 // the child's "namespace" handle has the mount right
    const struct fe_spawn_handle *handles;
    size_t handle_count;
    uint64_t memory_limit; // bytes; 0: as the parent
    uint32_t handle_limit, thread_limit, priority;
    size_t stack_size; // 0: the image's wish, or 1 MiB
    const void *data;  // for the child's C library
    size_t data_size;
    bool is_watched; // the child's stack is kept, so that its loop can be watched
};

struct fe_child {
    fe_handle process; // the caller's; kill, inspect, map, ...
    fe_handle thread;  // its first thread, after fe_spawn_start
    uintptr_t base;    // where its image is mapped
    fe_handle stack;   // of one that is watched: the memory in which its struct fe_watch is ...
    uint64_t watch;    // ... and where
};

// Makes the process: it has its image, no stack, no handles, and does not run.
enum status fe_spawn_create(const struct fe_spawn *options, struct fe_child *child);

// Gives the child its stack, start block and handles and starts it. Handles listed are consumed
// whether it succeeds or not (but those to keep). On failure the child is killed; its handle is
// still the caller's.
enum status fe_spawn_start(const struct fe_spawn *options, struct fe_child *child);

// Instead of starting it, or after fe_spawn_create failed: handles listed are closed (but those to
// keep), and the child is gone. `child` was cleared before it was made.
void fe_spawn_abandon(const struct fe_spawn *options, struct fe_child *child);

// Both. On failure there is no child and no handle to it.
enum status fe_spawn(const struct fe_spawn *options, struct fe_child *child);
