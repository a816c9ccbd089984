// SPDX-License-Identifier: MIT
// What all kernel objects share: type, reference count, identity, and whose quota pays. An object
// embeds struct object first. Handles hold references; the last one destroys the object through its
// type's table, which does a bounded piece of work and may leave the rest to the reaper
// (kernel/object/reap.h). Guarded by the kernel lock.
#pragma once

#include <abi/object.h>
#include <abi/status.h>
#include <stddef.h>

struct process;

struct object {
    enum object_type type;
    uint32_t references;
    uint32_t
        handles; // how many of the references are handles: "the last handle is gone" has meaning
    uint64_t id;
    struct process *owner; // charged for it, and kept while it is; nullptr: the kernel
};

struct object_operations {
    const char *name;
    size_t size;                                 // of the whole structure, bytes
    void (*handles_gone)(struct object *object); // last handle closed; optional
    void (*destroy)(struct object *object);      // last reference gone: object_free at last
};

// For an object of which the caller has the memory; it has one reference, the caller's.
void object_init(struct object *object, enum object_type type, struct process *owner);

// Allocates a zeroed object of `type` from its type's slab, charges `owner` for it and gives the
// caller the one reference. ERR_NO_MEMORY, ERR_QUOTA.
enum status object_create(enum object_type type, struct process *owner, void *result);

// What a type's `destroy` ends with: uncharges and frees. Also for an object that never got out.
void object_free(struct object *object);

void object_destroy(struct object *object); // object_put's rare half

static inline void object_get(struct object *object)
{
    object->references++;
}

static inline void object_put(struct object *object)
{
    if (--object->references == 0) object_destroy(object);
}

// The same for references that are handles.
void object_get_handle(struct object *object);
void object_put_handle(struct object *object);

// Each in its object's file.
extern const struct object_operations process_operations, thread_operations, memory_operations,
    channel_operations, session_operations, event_operations, interrupt_operations,
    namespace_operations, image_operations, resource_operations;

void object_init_types(void); // slabs of all types
