// SPDX-License-Identifier: MIT
// Resources and what is done with them directly: deriving smaller ones, and x86's I/O ports. All
// parts of a range may be used at once; processor time is an amount, so what is derived from it is
// taken away from it until it is destroyed.
#include "kernel/object/resource.h"
#include "kernel/log.h"
#include "kernel/device/port.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include <kernel/syscalls.h>

enum : uint32_t { DEPTH_MAX = 16 }; // of parts that know their whole: bounds their end

bool resource_keep(struct resource *dma, const struct process *maker, struct reap *memory)
{
    if (maker == nullptr || !maker->ending) return false;
    list_append(&dma->kept, &memory->node);
    return true;
}

// Gives up one kept piece after the other, then itself.
static bool resource_reap(struct reap *reap)
{
    struct resource *resource = CONTAINER(reap, struct resource, reap), *parent = resource->parent;
    struct list_node *node = list_take(&resource->kept);
    if (node != nullptr && resource->passes_on)
        list_append(&parent->kept, node);
    else if (node != nullptr)
        reap_add(CONTAINER(node, struct reap, node));
    if (!list_is_empty(&resource->kept)) return false;
    if (parent != nullptr) {
        if (resource->kind == RESOURCE_TIME) parent->used -= resource->size;
        object_put(&parent->object);
    }
    object_free(&resource->object);
    return true;
}

// A dying process that had derived it knows nothing of the device's state: its parent keeps on.
static void resource_destroy(struct object *object)
{
    struct resource *resource = (struct resource *)object;
    resource->passes_on =
        resource->parent != nullptr && object->owner != nullptr && object->owner->ending;
    if (!resource_reap(&resource->reap)) reap_add(&resource->reap);
}

const struct object_operations resource_operations = {
    .name = "resource",
    .size = sizeof(struct resource),
    .destroy = resource_destroy,
};

enum status resource_create(struct process *owner, enum resource_kind kind, uint64_t base,
                            uint64_t size, struct resource **result)
{
    ASSERT(size > 0 && base <= UINT64_MAX - (size - 1));
    TRY(object_create(OBJECT_RESOURCE, owner, result));
    (*result)->kind = kind;
    (*result)->base = base;
    (*result)->size = size;
    list_init(&(*result)->kept);
    reap_init(&(*result)->reap, resource_reap);
    return OK;
}

static bool covers(const struct resource *resource, uint64_t base, uint64_t size)
{
    return base >= resource->base && size <= resource->size &&
           base - resource->base <= resource->size - size;
}

enum status resource_check(const struct resource *resource, enum resource_kind kind, uint64_t base,
                           uint64_t size)
{
    if (resource->kind != kind) return ERR_WRONG_TYPE;
    return covers(resource, base, size) ? OK : ERR_NO_RIGHT;
}

enum status sys_resource_derive(struct resource *resource, uint32_t kind, uint64_t base,
                                uint64_t size, fe_handle *handle)
{
    struct process *process = process_current();
    if (size == 0) return ERR_BAD_ARGUMENT;
    TRY(resource_check(resource, (enum resource_kind)kind, base, size));
    bool is_amount = kind == RESOURCE_TIME, knows_whole = is_amount || kind == RESOURCE_DMA;
    if (is_amount && base != 0) return ERR_BAD_ARGUMENT;
    if (knows_whole && resource->depth == DEPTH_MAX) return ERR_QUOTA;
    if (is_amount && size > resource->size - resource->used) return ERR_NOT_ADMITTED;
    TRY(handle_reserve(process, 1));
    struct resource *derived;
    TRY(resource_create(process, resource->kind, base, size, &derived));
    if (knows_whole) {
        object_get(&resource->object);
        derived->parent = resource;
        derived->depth = resource->depth + 1;
        if (is_amount) resource->used += size;
    }
    *handle = handle_insert(process, &derived->object, RIGHT_ALL);
    object_put(&derived->object);
    return OK;
}

enum status sys_resource_inspect(struct resource *resource, uint32_t *kind, uint64_t *base,
                                 uint64_t *size)
{
    *kind = resource->kind;
    *base = resource->base;
    *size = resource->size;
    return OK;
}

static enum status check_port(const struct resource *resource, uint32_t port, uint32_t width)
{
    if ((width != 1 && width != 2 && width != 4) || port > 0x10000 - width) {
        return ERR_BAD_ARGUMENT;
    }
    TRY(resource_check(resource, RESOURCE_PORT, port, width));
    return port_access == nullptr ? ERR_NOT_SUPPORTED : OK;
}

enum status sys_port_read(struct resource *resource, uint32_t port, uint32_t width, uint32_t *value)
{
    TRY(check_port(resource, port, width));
    *value = port_access->read((uint16_t)port, width);
    return OK;
}

enum status sys_port_write(struct resource *resource, uint32_t port, uint32_t width, uint32_t value)
{
    TRY(check_port(resource, port, width));
    port_access->write((uint16_t)port, width, value);
    return OK;
}
