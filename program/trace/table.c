// SPDX-License-Identifier: MIT
// Tables by number: open addressing, at most half full. 0 is no key.
#include "trace.h"
#include <stdlib.h>
#include <string.h>

enum : size_t { ROOM_FIRST = 64 };

static uint64_t *entry_at(const struct table *table, size_t place)
{
    return (uint64_t *)(void *)(table->entries + place * table->size);
}

// Where `key` is, or would be.
static uint64_t *place_of(const struct table *table, uint64_t key)
{
    size_t place = (size_t)(key * 0x9e37'79b9'7f4a'7c15u >> 20) & (table->room - 1);
    while (*entry_at(table, place) != 0 && *entry_at(table, place) != key) {
        place = (place + 1) & (table->room - 1);
    }
    return entry_at(table, place);
}

static void grow(struct table *table)
{
    struct table larger = {.size = table->size,
                           .room = table->room == 0 ? ROOM_FIRST : 2 * table->room};
    larger.entries = calloc(larger.room, larger.size);
    if (larger.entries == nullptr) {
        perror("trace");
        exit(1);
    }
    for (size_t i = 0; i < table->room; i++) {
        const uint64_t *entry = entry_at(table, i);
        if (*entry != 0) memcpy(place_of(&larger, *entry), entry, table->size);
    }
    larger.used = table->used;
    free(table->entries);
    *table = larger;
}

void *table_find(const struct table *table, uint64_t key)
{
    if (table->room == 0 || key == 0) return nullptr;
    uint64_t *entry = place_of(table, key);
    return *entry == 0 ? nullptr : entry;
}

void *table_get(struct table *table, uint64_t key)
{
    if (2 * (table->used + 1) > table->room) grow(table);
    uint64_t *entry = place_of(table, key);
    if (*entry == 0) {
        *entry = key;
        table->used++;
    }
    return entry;
}

void table_each(const struct table *table, void (*each)(void *entry, void *context), void *context)
{
    for (size_t i = 0; i < table->room; i++) {
        uint64_t *entry = entry_at(table, i);
        if (*entry != 0) each(entry, context);
    }
}
