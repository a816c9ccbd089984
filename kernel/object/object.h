// SPDX-License-Identifier: MIT
// What all kernel objects share: type, reference count, identity, and whose quota pays. An object embeds
// struct object first. Handles hold references; the last one destroys the object through its type's
// table, which does a bounded piece of work and may leave the rest to the reaper (kernel/object/reap.h).
// Guarded by the kernel lock.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

struct process;

struct object {
    enum object_type type;
    uint32_t references;
    uint32_t handles; // how many of the references are handles: "the last handle is gone" has meaning
    uint64_t id;
    struct process *owner; // charged for it; nullptr: the kernel. Holds a quota reference, not a reference
};

struct object_operations {
    const char *name;
    void (*handles_gone)(struct object *object); // last handle closed; optional
    void (*destroy)(struct object *object);      // last reference gone: frees it
};

void object_init(struct object *object, enum object_type type, struct process *owner);
void object_get(struct object *object);
void object_put(struct object *object);
