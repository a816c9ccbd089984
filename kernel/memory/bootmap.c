// SPDX-License-Identifier: MIT
// The memory map in the making. A few dozen entries at most, so inserting moves the rest.
#include "kernel/memory/bootmap.h"
#include "kernel/list.h"
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

// The same, grown to whole pages.
static uint64_t range_end_grown(uint64_t base, uint64_t size)
{
    uint64_t end = range_end(base, size);
    return end > UINT64_MAX - PAGE ? ~(PAGE - 1) : (end + PAGE - 1) & ~(PAGE - 1);
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

// Turns what is of kind `from` in the range, grown to whole pages, into the kind of the range.
static bool convert(struct bootmap *map, struct boot_memory range, enum boot_memory_kind from)
{
    uint64_t end = range_end_grown(range.base, range.size);
    uint64_t base = range.base & ~(PAGE - 1);
    if (range.size == 0) return true;
    for (uint32_t i = 0; i < map->count; i++) {
        struct boot_memory whole = map->entry[i];
        uint64_t whole_end = whole.base + whole.size;
        if (whole.kind != from || whole_end <= base || whole.base >= end) continue;
        uint64_t low = whole.base > base ? whole.base : base;
        uint64_t high = whole_end < end ? whole_end : end;
        struct boot_memory after = {.base = high, .size = whole_end - high, .kind = from};
        struct boot_memory taken = {.base = low, .size = high - low, .kind = range.kind};
        bool is_split = low > whole.base;
        uint32_t more = (is_split ? 1 : 0) + (after.size > 0 ? 1 : 0);
        if (map->capacity - map->count < more) return false;
        if (is_split) map->entry[i++].size = low - whole.base;
        if (is_split && !insert(map, i, taken)) return false;
        map->entry[i] = taken;
        if (after.size > 0 && !insert(map, ++i, after)) return false;
    }
    return true;
}

bool bootmap_carve(struct bootmap *map, uint64_t base, uint64_t size, enum boot_memory_kind kind)
{
    return convert(map, (struct boot_memory){base, size, kind, 0}, BOOT_MEMORY_RAM);
}

bool bootmap_release(struct bootmap *map, uint64_t base, uint64_t size)
{
    return convert(map, (struct boot_memory){base, size, BOOT_MEMORY_RAM, 0}, BOOT_MEMORY_KERNEL);
}

struct counter {
    struct bootmap_listener listener;
    uint32_t count;
};

static void counter_range(struct bootmap_listener *self, struct boot_memory range)
{
    CONTAINER(self, struct counter, listener)->count++;
}

// Every entry begins and ends where a range does, of which some are both added and carved; each
// piece that is taken has two more ends.
uint32_t bootmap_capacity(const struct bootmap_source *source, uint32_t takes)
{
    struct counter counter = {.listener = {counter_range}};
    source->tell(source, &counter.listener);
    return 4 * counter.count + 2 * takes;
}

// Puts those of one kind into the map.
struct maker {
    struct bootmap_listener listener;
    struct bootmap *map;
    enum boot_memory_kind kind;
};

// A map that lists RAM twice contradicts itself: one of the two is not what it says.
static void refuse_twice(const struct bootmap *map, const struct boot_memory *range)
{
    uint64_t end = range_end(range->base, range->size);
    for (uint32_t i = 0; i < map->count; i++) {
        const struct boot_memory *entry = &map->entry[i];
        uint64_t from = entry->base > range->base ? entry->base : range->base;
        if (from < end && from < entry->base + entry->size)
            boot_refuse("the memory map lists 0x%lx twice", (unsigned long)from);
    }
}

static void maker_add(struct bootmap_listener *self, struct boot_memory range)
{
    struct maker *maker = CONTAINER(self, struct maker, listener);
    if (range.kind != maker->kind) return;
    if (range.kind == BOOT_MEMORY_RAM) refuse_twice(maker->map, &range);
    bool has_room = bootmap_add(maker->map, range.base, range.size);
    ASSERT(has_room);
}

static void maker_carve(struct bootmap_listener *self, struct boot_memory range)
{
    struct maker *maker = CONTAINER(self, struct maker, listener);
    if (range.kind != maker->kind) return;
    bool has_room = bootmap_carve(maker->map, range.base, range.size, range.kind);
    ASSERT(has_room);
}

void bootmap_make(struct bootmap *map, const struct bootmap_source *source)
{
    static const enum boot_memory_kind order[] = {BOOT_MEMORY_KERNEL, BOOT_MEMORY_INITRD,
                                                  BOOT_MEMORY_RESERVED, BOOT_MEMORY_RECLAIMABLE,
                                                  BOOT_MEMORY_INITRD_FLASH};
    struct maker maker = {.listener = {maker_add}, .map = map, .kind = BOOT_MEMORY_RAM};
    source->tell(source, &maker.listener);
    maker.kind = BOOT_MEMORY_RECLAIMABLE; // much of which lies in RAM
    source->tell(source, &maker.listener);
    maker.kind = BOOT_MEMORY_INITRD_FLASH; // which does not
    source->tell(source, &maker.listener);
    maker.listener.range = maker_carve;
    for (uint32_t i = 0; i < sizeof order / sizeof *order; i++) {
        maker.kind = order[i];
        source->tell(source, &maker.listener);
    }
}

// Looks for a place: in each piece of RAM from its end on down, below whatever is in the way.
struct search {
    struct bootmap_listener listener, obstacle;
    const struct bootmap_source *source;
    uint64_t size, limit, found;
    uint64_t at; // 0: nothing below is left
    bool has_moved;
};

static void search_obstacle(struct bootmap_listener *self, struct boot_memory range)
{
    struct search *search = CONTAINER(self, struct search, obstacle);
    uint64_t base = range.base & ~(PAGE - 1), end = range_end_grown(range.base, range.size);
    if (range.kind == BOOT_MEMORY_RAM || range.size == 0) return;
    if (search->at == 0 || end <= search->at || base >= search->at + search->size) return;
    search->at = base > search->size ? base - search->size : 0;
    search->has_moved = true;
}

static void search_ram(struct bootmap_listener *self, struct boot_memory range)
{
    struct search *search = CONTAINER(self, struct search, listener);
    uint64_t end = range_end(range.base, range.size);
    if (end > search->limit) end = search->limit;
    end &= ~(PAGE - 1);
    if (range.kind != BOOT_MEMORY_RAM || end <= search->size) return;
    search->at = end - search->size;
    do {
        search->has_moved = false;
        search->source->tell(search->source, &search->obstacle);
    } while (search->has_moved);
    if (search->at >= range.base && search->at > search->found) search->found = search->at;
}

static uint64_t whole_pages(uint64_t size)
{
    return (size + PAGE - 1) & ~(PAGE - 1);
}

uint64_t bootmap_place(const struct bootmap_source *source, uint64_t size, uint64_t limit)
{
    struct search search = {.listener = {search_ram},
                            .obstacle = {search_obstacle},
                            .source = source,
                            .size = whole_pages(size),
                            .limit = limit};
    source->tell(source, &search.listener);
    return search.found;
}

uint64_t bootmap_take(struct bootmap *map, uint64_t size, uint64_t limit,
                      enum boot_memory_kind kind)
{
    size = whole_pages(size);
    for (uint32_t i = map->count; i-- > 0;) {
        const struct boot_memory *entry = &map->entry[i];
        uint64_t end = entry->base + entry->size;
        if (end > limit) end = limit & ~(PAGE - 1);
        if (entry->kind != BOOT_MEMORY_RAM || end <= entry->base || end - entry->base < size)
            continue;
        if (end == size) continue; // address 0 is nobody's
        return bootmap_carve(map, end - size, size, kind) ? end - size : 0;
    }
    return 0;
}

bool bootmap_has(const struct bootmap *map, uint64_t base, uint64_t size)
{
    uint64_t end = range_end(base, size);
    for (uint32_t i = 0; i < map->count && base < end; i++) {
        const struct boot_memory *entry = &map->entry[i];
        if (entry->base <= base && base < entry->base + entry->size)
            base = entry->base + entry->size;
    }
    return base >= end;
}

bool bootmap_is(const struct bootmap *map, uint64_t base, uint64_t size, enum boot_memory_kind kind)
{
    uint64_t end = range_end(base, size);
    for (uint32_t i = 0; i < map->count && base < end; i++) {
        const struct boot_memory *entry = &map->entry[i];
        if (entry->kind == kind && entry->base <= base && base < entry->base + entry->size)
            base = entry->base + entry->size;
    }
    return base >= end;
}
