// SPDX-License-Identifier: MIT
// Where mappings go. A space has a window at a random place, one of 2^35 on a 48-bit machine;
// mappings follow one another in it with small random gaps, so that their page tables are shared.
// Holes that were unmapped are used again before the window grows, and another window is drawn when
// it is full. Each search looks at a bounded number of regions.
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/region.h"
#include "kernel/memory/space.h"
#include "kernel/random.h"

enum : uint64_t { WINDOW = 4ull << 30 };
enum : uint32_t { HOLE_TRIES = 16, WINDOW_TRIES = 64, GAP_PAGES = 16 };

bool space_is_free(const struct space *space, uintptr_t from, uintptr_t to)
{
    const struct region *region = region_find(space, from);
    return region == nullptr || region->start - region->guard >= to;
}

// splitmix64, by Steele, Lea and Flood: spreads the seed that the kernel's generator gave.
static uint64_t draw(struct space *space)
{
    if (space->random == 0) space->random = random_space();
    uint64_t value = space->random += 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static uintptr_t gap(struct space *space)
{
    return (uintptr_t)(draw(space) % GAP_PAGES) * PAGE_SIZE;
}

// Looks upwards from the lowest hole.
static bool place_in_hole(const struct space *space, size_t size, uintptr_t *address)
{
    uintptr_t at = space->hole;
    for (uint32_t i = 0; i < HOLE_TRIES && at < space->window; i++) {
        const struct region *region = region_find(space, at);
        uintptr_t stop = region == nullptr ? space->window : region->start - region->guard;
        if (stop > at && size <= stop - at) {
            *address = at;
            return true;
        }
        at = region == nullptr ? space->window : region_end(region);
    }
    return false;
}

// At the top of what was placed, a gap away.
[[gnu::noinline]] static bool place_on_top(struct space *space, size_t size, uintptr_t *address)
{
    uintptr_t at = space->window + gap(space);
    if (at >= space->window_end || size > space->window_end - at) return false;
    *address = at;
    return space_is_free(space, at, at + size);
}

enum status space_place_apart(struct space *space, size_t size, uintptr_t *address)
{
    uint64_t room = ARCH_SPACE_END - ARCH_USER_BASE;
    if (size >= room) return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < WINDOW_TRIES; i++) {
        *address = ARCH_USER_BASE + draw(space) % (room - size) / PAGE_SIZE * PAGE_SIZE;
        if (space_is_free(space, *address, *address + size)) return OK;
    }
    return ERR_NO_MEMORY;
}

// Draws another window, with what is to be placed at its beginning.
[[gnu::noinline]] static enum status window_draw(struct space *space, size_t size,
                                                 uintptr_t *address)
{
    TRY(space_place_apart(space, size, address));
    uint64_t left = ARCH_SPACE_END - *address;
    space->hole = space->window = *address;
    space->window_end = *address + (left < WINDOW ? left : WINDOW);
    return OK;
}

enum status space_place(struct space *space, size_t size, uintptr_t *address)
{
    if (!place_in_hole(space, size, address) && !place_on_top(space, size, address))
        TRY(window_draw(space, size, address));
    ASSERT(*address >= ARCH_USER_BASE && size <= ARCH_SPACE_END - *address);
    space->hole = *address + size;
    if (space->hole > space->window) space->window = space->hole;
    return OK;
}
