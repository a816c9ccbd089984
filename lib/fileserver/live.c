// SPDX-License-Identifier: MIT
// Files as memory that several have mapped. From the first wish until the last open file that had
// one is closed, such a file has one memory object, with all its contents. Reads are answered from
// there; what is written goes there and to the file system. What mappings stored is found by
// comparing both, when the file is synced and when its last writer closes it: nothing else tells
// what was stored. So who maps a file keeps it open.
//
// Of a file that becomes shorter the memory does too, and who touches what is gone faults. One page
// stays. Behind the file's end the last page is zero when the file grows.
#include "fileserver_internal.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <stdlib.h>
#include <string.h>

struct live {
    struct live *next;
    struct p9_node *node;
    fe_handle memory;
    uint8_t *bytes;
    size_t size;             // whole pages
    uint32_t users, writers; // open files
};

// What an open file has that asked for memory: its state.
struct mapper {
    struct live *live;
    bool is_writer;
};

static struct live *all;

static struct live *live_find(const struct p9_node *node)
{
    for (struct live *at = all; at; at = at->next) {
        if (at->node == node) return at;
    }
    return nullptr;
}

static void unmap(uint8_t *bytes, size_t size)
{
    enum status status = fe_memory_unmap(bytes, size);
    (void)status; // it was mapped
}

static void live_destroy(struct live *live)
{
    struct live **place = &all;
    while (*place && *place != live) place = &(*place)->next;
    if (*place) *place = live->next;
    if (live->bytes) unmap(live->bytes, live->size);
    fe_handle_drop(&live->memory);
    free(live);
}

static int live_create(struct p9_node *node, struct live **made)
{
    struct live *live = calloc(1, sizeof *live);
    if (live == nullptr) return -ENOMEM;
    live->node = node;
    int result = memory_make(node, &live->memory);
    if (result == 0) {
        void *bytes;
        live->size = fe_page_round((size_t)node->size);
        if (fe_memory_map(live->memory, 0, live->size, MAP_READ | MAP_WRITE, &bytes) == OK)
            live->bytes = bytes;
        else
            result = -ENOMEM;
    }
    if (result != 0) {
        live_destroy(live);
        return result;
    }
    live->next = all;
    all = live;
    *made = live;
    return 0;
}

static int mapper_get(struct p9_open *open, struct mapper **mapper)
{
    struct live *live = live_find(open->node);
    if (open->state == nullptr) {
        struct mapper *made = calloc(1, sizeof *made);
        int result = made == nullptr ? -ENOMEM : live ? 0 : live_create(open->node, &live);
        if (result != 0) {
            free(made);
            return result;
        }
        made->live = live;
        live->users++;
        open->state = made;
    }
    *mapper = open->state;
    return 0;
}

int file_system_memory(struct p9_request *request, struct p9_open *open,
                       const struct p9_memory_wish *wish, fe_handle *memory)
{
    uint64_t whole = (open->node->size + FE_PAGE_SIZE - 1) / FE_PAGE_SIZE * FE_PAGE_SIZE;
    uint32_t rights =
        RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_MEMORY_READ | RIGHT_MEMORY_MAP;
    bool is_writer = (wish->protection & MAP_WRITE) != 0;
    struct mapper *mapper;
    if (is_writer && (open->flags & OPEN_ACCESS) != OPEN_READ_WRITE) return -EACCES;
    if (wish->offset % FE_PAGE_SIZE != 0) return -EINVAL;
    if (wish->offset > whole || wish->size > whole - wish->offset) return -ENXIO;
    int result = mapper_get(open, &mapper);
    if (result != 0) return result;
    if (is_writer && !mapper->is_writer) {
        mapper->is_writer = true;
        mapper->live->writers++;
    }
    if (is_writer) rights |= RIGHT_MEMORY_WRITE;
    request->value = wish->offset;
    return fe_handle_duplicate(mapper->live->memory, rights, memory) == OK ? 0 : -ENOMEM;
}

// What mappings stored goes to the file system, page by page.
static int live_flush(struct live *live)
{
    static uint8_t page[FE_PAGE_SIZE];
    struct p9_open open = {.node = live->node};
    uint64_t size = live->node->size;
    if (live->writers == 0) return 0;
    for (uint64_t at = 0; at < size; at += sizeof page) {
        size_t part = size - at < sizeof page ? (size_t)(size - at) : sizeof page;
        int64_t count = served->copy(live->node, at, page, part);
        if (count == (int64_t)part && memcmp(page, live->bytes + at, part) == 0) continue;
        if (count >= 0) count = served->write(nullptr, &open, at, live->bytes + at, part);
        if (count != (int64_t)part) return count < 0 ? (int)count : -ENOSPC;
    }
    return 0;
}

int live_flush_of(struct p9_node *node)
{
    struct live *live = live_find(node);
    return live ? live_flush(live) : 0;
}

void file_system_close(struct p9_open *open)
{
    struct mapper *mapper = open->state;
    if (mapper == nullptr) return;
    struct live *live = mapper->live;
    int result = mapper->is_writer ? live_flush(live) : 0;
    if (result != 0)
        fe_log("what was stored in a mapped file is lost (error %d): %llx", -result,
               (unsigned long long)live->node->path);
    if (mapper->is_writer) live->writers--;
    if (--live->users == 0) live_destroy(live);
    free(mapper);
    open->state = nullptr;
}

int file_system_sync(struct p9_request *request, struct p9_open *open)
{
    int own = 0;
    for (struct live *at = all; at; at = at->next) {
        int result = live_flush(at);
        if (at->node == open->node) own = result;
    }
    int result = served->sync(request, open);
    return own != 0 ? own : result;
}

int64_t file_system_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    struct live *live = all ? live_find(open->node) : nullptr;
    if (live == nullptr) return served->read(request, open, offset, to, count);
    if (offset >= open->node->size) return 0;
    if (count > open->node->size - offset) count = (size_t)(open->node->size - offset);
    request->bytes = live->bytes + offset;
    return (int64_t)count;
}

// Memory for a file of `end` bytes, all of it there: the server reads it.
static int live_grow(struct live *live, uint64_t end)
{
    static const uint8_t zeros[FE_PAGE_SIZE];
    size_t size = fe_page_round((size_t)end), at = live->size;
    void *bytes;
    if (end <= live->size) return 0;
    if (end > SIZE_MAX / 2 || fe_memory_resize(live->memory, size) != OK) return -ENOMEM;
    while (at < size && fe_memory_write(live->memory, at, zeros, sizeof zeros) == OK)
        at += sizeof zeros;
    bool is_there = at == size;
    if (is_there)
        is_there = fe_memory_map(live->memory, 0, size, MAP_READ | MAP_WRITE, &bytes) == OK;
    if (!is_there) {
        enum status status = fe_memory_resize(live->memory, live->size);
        (void)status;
        return -ENOMEM;
    }
    unmap(live->bytes, live->size);
    live->bytes = bytes;
    live->size = size;
    return 0;
}

// What the last page has behind the file's end is not the file's.
static void tail_clear(const struct live *live, uint64_t end)
{
    if (end < live->size) memset(live->bytes + end, 0, fe_page_round((size_t)end) - (size_t)end);
}

int64_t file_system_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    struct live *live = all ? live_find(open->node) : nullptr;
    if (live == nullptr) return served->write(request, open, offset, from, count);
    uint64_t before = open->node->size, end;
    if (__builtin_add_overflow(offset, count, &end)) return -EFBIG;
    int result = live_grow(live, end);
    if (result != 0) return result;
    if (end > before) tail_clear(live, before);
    int64_t done = served->write(request, open, offset, from, count);
    if (done > 0) memcpy(live->bytes + offset, from, (size_t)done);
    return done;
}

static void live_shrink(struct live *live, uint64_t end)
{
    size_t kept = end == 0 ? FE_PAGE_SIZE : fe_page_round((size_t)end);
    if (end == 0)
        memset(live->bytes, 0, kept);
    else
        tail_clear(live, end);
    if (kept >= live->size || fe_memory_resize(live->memory, kept) != OK) return;
    unmap(live->bytes + kept, live->size - kept);
    live->size = kept;
}

int file_system_truncate(struct p9_request *request, struct p9_node *node, uint64_t size)
{
    struct live *live = all ? live_find(node) : nullptr;
    uint64_t before = node->size;
    int result = live ? live_grow(live, size) : 0;
    if (result == 0 && live && size > before) tail_clear(live, before);
    if (result == 0) result = served->truncate(request, node, size);
    if (result == 0 && live && size < before) live_shrink(live, size);
    return result;
}
