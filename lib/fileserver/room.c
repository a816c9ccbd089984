// SPDX-License-Identifier: MIT
// How much memory the cache of a file system may have: an eighth of what all services share stays
// free. Before the cache grows the kernel is asked, and has to tell when less is left; then memory
// is given back until there is enough.
#include "fileserver_internal.h"

#include <abi/syscalls.h>
#include <ferrite/memory.h>
#include <volume/cache.h>

enum : uint64_t { PART = 8 };
enum : size_t { PAGES_UNKNOWN = 64 };

static bool is_watching;

// OK only where the numbers are known.
static enum status room(uint64_t *part, uint64_t *left)
{
    struct fe_process_info info = {};
    TRY(fe_process_inspect(fe_process_self(), &info));
    *part = info.memory_limit / PART;
    *left = info.memory_left;
    return OK;
}

static bool is_there(uint64_t more)
{
    uint64_t part, left;
    return room(&part, &left) == OK && left >= part + more;
}

// What others freed just now is room, too.
static bool is_short(uint64_t more)
{
    return !is_there(more) && (fe_memory_reclaim() != OK || !is_there(more));
}

void room_watch(void)
{
    uint64_t part, left;
    if (is_watching || room(&part, &left) != OK) return;
    is_watching = fe_memory_watch(server.event, BIT_SHORT, (size_t)part) == OK;
}

// One piece is given back in any case: somebody may have been refused who wants more than an
// eighth.
void room_give(void)
{
    is_watching = false;
    if (served->shrink == nullptr) return;
    bool has_more = served->shrink();
    while (has_more && is_short(0)) has_more = served->shrink();
    if (has_more) room_watch();
}

bool file_system_may_grow(size_t bytes)
{
    if (is_short(bytes)) return false;
    room_watch();
    return true;
}

size_t file_system_cache_pages(void)
{
    uint64_t part, left;
    return room(&part, &left) == OK ? (size_t)(part / CACHE_PAGE) : PAGES_UNKNOWN;
}
