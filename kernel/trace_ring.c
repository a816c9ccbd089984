// SPDX-License-Identifier: MIT
// Rings, and the calls that make them and turn tracing on and off. Nothing is allocated before
// somebody asks. The memory of a ring is its owner's; when the last handle to it is gone, as when
// the service that traces has died, so is the ring.
#include "kernel/trace_ring.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/progress.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/object/resource.h"
#include "kernel/syscall.h"
#include "kernel/trace.h"
#include <kernel/syscalls.h>

enum : uint32_t {
    CAPACITY_MIN = 64,
    RIGHTS =
        RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_MEMORY_READ | RIGHT_MEMORY_MAP,
    KINDS = (1u << TRACE_KIND_COUNT) - 1,
};

static struct slab ring_slab;
static struct list rings; // one for each CPU that has one

void trace_init(void)
{
    slab_init(&ring_slab, "trace ring", sizeof(struct trace_ring));
    list_init(&rings);
}

static struct cpu *cpu_of(uint32_t index)
{
    struct cpu *cpu = cpu_list;
    while (cpu != nullptr && cpu->index != index) cpu = cpu->next;
    return cpu;
}

static void tell(struct timer *timer)
{
    struct trace_ring *ring = CONTAINER(timer, struct trace_ring, timer);
    event_signal(ring->event, ring->bits);
}

// From now on `event` (nullptr: nobody) is told about the ring; takes over a reference.
static void listen(struct trace_ring *ring, struct event *event, uint64_t bits)
{
    if (timer_is_armed(&ring->timer)) timer_disarm(&ring->timer);
    struct event *before = ring->event;
    ring->event = event;
    ring->bits = bits;
    ring->told = ring->next;
    if (before != nullptr) object_put(&before->object);
}

static void ring_destroy(struct trace_ring *ring)
{
    struct process *owner = ring->owner;
    ASSERT(ring->cpu->trace == ring && ring->memory->ring == ring);
    ring->cpu->trace_kinds = 0;
    ring->cpu->trace = nullptr;
    ring->memory->ring = nullptr;
    list_remove(&ring->all);
    listen(ring, nullptr, 0);
    slab_free(&ring_slab, ring);
    process_uncharge(owner, sizeof *ring);
    process_release(owner);
}

void trace_forget(struct memory *memory)
{
    ring_destroy(memory->ring);
}

// The ring of `cpu` in `memory`, in the place of the one it had.
static enum status ring_create(struct cpu *cpu, uint32_t capacity, struct memory *memory)
{
    struct process *owner = process_current();
    TRY(process_charge(owner, sizeof(struct trace_ring)));
    struct trace_ring *ring = slab_allocate(&ring_slab);
    if (ring == nullptr) {
        process_uncharge(owner, sizeof *ring);
        return ERR_NO_MEMORY;
    }
    if (cpu->trace != nullptr) ring_destroy(cpu->trace);
    uint8_t *base = arch_physical_to_virtual(memory->physical);
    *ring = (struct trace_ring){.head = (struct fe_trace_head *)base,
                                .records = (struct fe_trace_record *)(base + FE_TRACE_RECORDS),
                                .capacity = capacity,
                                .cpu = cpu,
                                .memory = memory,
                                .owner = owner,
                                .timer = {.fire = tell}};
    *ring->head = (struct fe_trace_head){.capacity = capacity, .cpu = cpu->index};
    process_hold(owner);
    list_append(&rings, &ring->all);
    memory->ring = ring;
    cpu->trace = ring;
    return OK;
}

// Fills the memory that the call is making, in steps: OK when all is done.
static enum status fill(struct progress *progress)
{
    struct memory *memory = (struct memory *)progress->object;
    enum status status = OK;
    while (status == OK && progress->position < memory->size) {
        status = progress_go_on(memory_contiguous_step(memory, &progress->position));
    }
    return status;
}

enum status sys_trace_create(struct resource *resource, uint32_t index, uint32_t capacity,
                             fe_handle *handle)
{
    enum : uint32_t { CAPACITY_MAX = FE_TRACE_SIZE_MAX / sizeof(struct fe_trace_record) };
    struct process *process = process_current();
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    struct cpu *cpu = cpu_of(index);
    if (cpu == nullptr) return ERR_NOT_FOUND;
    if (capacity < CAPACITY_MIN || capacity >= CAPACITY_MAX) return ERR_BAD_ARGUMENT;
    if ((capacity & (capacity - 1)) != 0) return ERR_BAD_ARGUMENT;
    struct progress *progress =
        progress_get((const void *)sys_trace_create, (uint64_t[3]){index, capacity}, 0);
    if (progress->object == nullptr) {
        struct memory *memory;
        uint64_t size = FE_TRACE_RECORDS + capacity * sizeof(struct fe_trace_record);
        TRY(memory_contiguous_make(process, size, MEMORY_CACHED, false, &memory));
        progress->object = &memory->object;
    }
    enum status status = fill(progress);
    if (status == CALL_RESTART) return status;
    if (status == OK) status = handle_reserve(process, 1);
    if (status == OK) status = ring_create(cpu, capacity, (struct memory *)progress->object);
    if (status == OK) *handle = handle_insert(process, progress->object, RIGHTS);
    progress_end(progress);
    return status;
}

enum status sys_trace_start(struct resource *resource, uint64_t kinds, fe_handle handle,
                            uint64_t bits)
{
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    if (kinds == 0 || (kinds & ~(uint64_t)KINDS) != 0) return ERR_BAD_ARGUMENT;
    if (list_is_empty(&rings)) return ERR_BAD_STATE;
    struct event *event = nullptr;
    if (handle != FE_NO_HANDLE) TRY(event_find(handle, &event));
    if (event != nullptr && bits == 0) return ERR_BAD_ARGUMENT;
    for (struct list_node *node = rings.head.next; node != &rings.head; node = node->next) {
        struct trace_ring *ring = CONTAINER(node, struct trace_ring, all);
        if (event != nullptr) object_get(&event->object);
        listen(ring, event, bits);
        ring->cpu->trace_kinds = (uint32_t)kinds;
        ring->running = 0;
        trace_switch(ring->cpu, ring->cpu->current);
    }
    return OK;
}

enum status sys_trace_stop(struct resource *resource)
{
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    for (struct list_node *node = rings.head.next; node != &rings.head; node = node->next) {
        struct trace_ring *ring = CONTAINER(node, struct trace_ring, all);
        ring->cpu->trace_kinds = 0;
        listen(ring, nullptr, 0);
    }
    return OK;
}
