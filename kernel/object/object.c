// SPDX-License-Identifier: MIT
// Allocation and reference counts of kernel objects: one slab per type, every byte charged to the
// owner.
#include "kernel/object/object.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/process.h"
#include "kernel/object/quota.h"

static const struct object_operations *const operations[OBJECT_TYPE_COUNT] = {
    [OBJECT_PROCESS] = &process_operations,     [OBJECT_THREAD] = &thread_operations,
    [OBJECT_MEMORY] = &memory_operations,       [OBJECT_CHANNEL] = &channel_operations,
    [OBJECT_SESSION] = &session_operations,     [OBJECT_EVENT] = &event_operations,
    [OBJECT_INTERRUPT] = &interrupt_operations, [OBJECT_NAMESPACE] = &namespace_operations,
    [OBJECT_IMAGE] = &image_operations,         [OBJECT_RESOURCE] = &resource_operations,
};
static struct slab slabs[OBJECT_TYPE_COUNT];
static uint64_t next_id = 1;

void object_init_types(void)
{
    for (uint32_t type = OBJECT_NONE + 1; type < OBJECT_TYPE_COUNT; type++) {
        slab_init(&slabs[type], operations[type]->name, operations[type]->size);
    }
}

void object_init(struct object *object, enum object_type type, struct process *owner)
{
    ASSERT(type > OBJECT_NONE && type < OBJECT_TYPE_COUNT);
    // Locks have room for these bits of a thread's id (abi/object.h), and two values of their own.
    while ((next_id & LOCK_OWNER) == 0 || (next_id & LOCK_OWNER) == LOCK_OWNER) next_id++;
    *object = (struct object){.type = type, .references = 1, .id = next_id++, .owner = owner};
    if (owner != nullptr) process_hold(owner);
}

enum status object_create(enum object_type type, struct process *owner, void *result)
{
    size_t size = operations[type]->size;
    TRY(process_charge(owner, size));
    struct object *object = slab_allocate(&slabs[type]);
    if (object == nullptr) {
        process_uncharge(owner, size);
        return ERR_NO_MEMORY;
    }
    object_init(object, type, owner);
    *(struct object **)result = object;
    return OK;
}

void object_free(struct object *object)
{
    ASSERT(object->handles == 0);
    struct process *owner = object->owner;
    enum object_type type = object->type;
    object->type = OBJECT_NONE;
    slab_free(&slabs[type], object);
    process_uncharge(owner, operations[type]->size);
    if (owner != nullptr) process_release(owner);
}

void object_destroy(struct object *object)
{
    ASSERT(object->references == 0);
    operations[object->type]->destroy(object);
}

void object_get_handle(struct object *object)
{
    object->handles++;
    object->references++;
}

void object_put_handle(struct object *object)
{
    ASSERT(object->handles > 0);
    if (--object->handles == 0 && operations[object->type]->handles_gone != nullptr) {
        operations[object->type]->handles_gone(object);
    }
    object_put(object);
}
