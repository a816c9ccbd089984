// SPDX-License-Identifier: MIT
// The memory map in the making. A few dozen entries at most, so inserting moves the rest.
#include "kernel/memory/bootmap.h"
#include "kernel/log.h"

enum : uint64_t { PAGE = 4096 };

static bool insert(struct bootmap *map, uint32_t at, struct boot_memory memory)
{
    ASSERT(at <= map->count && map->count <= map->capacity);
    if (map->count == map->capacity) return false;
    for (uint32_t i = map->count++; i > at; i--) map->entry[i] = map->entry[i - 1];
    map->entry[at] = memory;
    return true;
}

// The end of a range, not wrapped, not beyond the last whole page.
static uint64_t range_end(uint64_t base, uint64_t size)
{
    return size > UINT64_MAX - base ? UINT64_MAX : base + size;
}

bool bootmap_add(struct bootmap *map, uint64_t base, uint64_t size)
{
    uint64_t end = range_end(base, size) & ~(PAGE - 1);
    if (base > UINT64_MAX - PAGE) return true;
    base = (base + PAGE - 1) & ~(PAGE - 1);
    uint32_t at = 0;
    while (base < end) {
        while (at < map->count && map->entry[at].base + map->entry[at].size <= base) at++;
        uint64_t stop = end;
        if (at < map->count && map->entry[at].base < stop) stop = map->entry[at].base;
        if (base < stop) {
            struct boot_memory ram = {.base = base, .size = stop - base, .kind = BOOT_MEMORY_RAM};
            if (!insert(map, at++, ram)) return false;
        }
        if (stop == end) break;
        base = map->entry[at].base + map->entry[at].size;
    }
    return true;
}

bool bootmap_carve(struct bootmap *map, uint64_t base, uint64_t size, enum boot_memory_kind kind)
{
    uint64_t end = range_end(base, size);
    if (size == 0) return true;
    end = end > UINT64_MAX - PAGE ? ~(PAGE - 1) : (end + PAGE - 1) & ~(PAGE - 1);
    base &= ~(PAGE - 1);
    for (uint32_t i = 0; i < map->count; i++) {
        struct boot_memory whole = map->entry[i];
        uint64_t whole_end = whole.base + whole.size;
        if (whole.kind != BOOT_MEMORY_RAM || whole_end <= base || whole.base >= end) continue;
        uint64_t from = whole.base > base ? whole.base : base;
        uint64_t to = whole_end < end ? whole_end : end;
        struct boot_memory after = {.base = to, .size = whole_end - to, .kind = BOOT_MEMORY_RAM};
        struct boot_memory taken = {.base = from, .size = to - from, .kind = kind};
        bool is_split = from > whole.base;
        uint32_t more = (is_split ? 1 : 0) + (after.size > 0 ? 1 : 0);
        if (map->capacity - map->count < more) return false;
        if (is_split) map->entry[i++].size = from - whole.base;
        if (is_split && !insert(map, i, taken)) return false;
        map->entry[i] = taken;
        if (after.size > 0 && !insert(map, ++i, after)) return false;
    }
    return true;
}
