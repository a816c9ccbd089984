// SPDX-License-Identifier: MIT
// Making and mapping rings. How many CPUs there are is told by the first that has none.
#include "rings.h"
#include <abi/syscalls.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>
#include <ferrite/wide.h>
#include <stdlib.h>

struct ring *rings;
uint32_t ring_count;
uint64_t rings_made;

static size_t size_of(uint32_t capacity)
{
    return FE_TRACE_RECORDS + capacity * sizeof(struct fe_trace_record);
}

static void ring_destroy(struct ring *ring)
{
    (void)!fe_memory_unmap((void *)(uintptr_t)ring->head, size_of(ring->head->capacity));
    (void)!fe_handle_close(ring->memory);
}

void rings_destroy(void)
{
    for (uint32_t i = 0; i < ring_count; i++) ring_destroy(&rings[i]);
    free(rings);
    rings = nullptr;
    ring_count = 0;
}

static enum status ring_create(fe_handle resource, uint32_t capacity, struct ring *ring)
{
    void *address;
    TRY(fe_trace_create(resource, ring_count, capacity, &ring->memory));
    enum status status = fe_memory_map(ring->memory, 0, size_of(capacity), MAP_READ, &address);
    if (status != OK) {
        (void)!fe_handle_close(ring->memory);
        return status;
    }
    ring->head = address;
    ring->due = 0;
    return OK;
}

enum status rings_create(fe_handle resource, uint32_t capacity)
{
    rings_destroy();
    rings_made++;
    for (;;) {
        struct ring *grown = realloc(rings, (ring_count + 1) * sizeof *rings);
        enum status status = grown == nullptr ? ERR_NO_MEMORY : OK;
        if (status == OK) {
            rings = grown;
            status = ring_create(resource, capacity, &rings[ring_count]);
        }
        if (status == ERR_NOT_FOUND && ring_count > 0) return OK;
        if (status != OK) {
            rings_destroy();
            return status;
        }
        ring_count++;
    }
}

void rings_flush(void)
{
    for (uint32_t i = 0; i < ring_count; i++) {
        rings[i].due = fe_count_read(&rings[i].head->next);
    }
}

uint64_t rings_written(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ring_count; i++) sum += rings[i].head->next;
    return sum;
}
