// SPDX-License-Identifier: MIT
// The bytes of files. Pages of a memory object come into being when they are written to, so room is
// taken in large steps, which cost nothing before they are used. Pages that may not be there, or
// not be ours alone, are written by a call that can be refused: touching them could not.
#include "ramfs.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>

enum : size_t { HEAP_MAX = 8192, FIRST = 64 };

static int heap_grow(struct content *content, size_t size)
{
    size_t capacity = content->capacity == 0 ? FIRST : content->capacity;
    while (capacity < size) capacity *= 2;
    if (!room_take(capacity - content->capacity)) return -ENOSPC;
    uint8_t *bytes = realloc(content->bytes, capacity);
    if (bytes == nullptr) return -ENOSPC;
    memset(bytes + content->capacity, 0, capacity - content->capacity);
    content->bytes = bytes;
    content->capacity = content->solid = capacity;
    return 0;
}

static int memory_grow(struct content *content, size_t size)
{
    void *bytes;
    size_t capacity = content->capacity;
    while (capacity < size) capacity *= 2;
    if (fe_memory_resize(content->memory, capacity) != OK) return -ENOSPC;
    if (fe_memory_map(content->memory, 0, capacity, MAP_READ | MAP_WRITE, &bytes) != OK)
        return -ENOSPC;
    enum status status = fe_memory_unmap(content->bytes, content->capacity);
    (void)status;
    content->bytes = bytes;
    content->capacity = capacity;
    return 0;
}

static int memory_write(struct content *content, size_t offset, const void *from, size_t count)
{
    size_t end = offset + count;
    if (!room_take(count)) return -ENOSPC;
    if (fe_memory_write(content->memory, offset, from, count) != OK) return -ENOSPC;
    if (offset <= content->solid && end > content->solid) content->solid = fe_page_round(end);
    return 0;
}

// To a memory object of its own with room for `size`: from the heap, or from one that cannot grow,
// which those who have it mapped keep as it was.
static int move_out(struct content *content, size_t size)
{
    struct content made = {.capacity = FE_PAGE_SIZE};
    void *bytes;
    while (made.capacity < size) made.capacity *= 2;
    if (fe_memory_create(made.capacity, 0, &made.memory) != OK) return -ENOSPC;
    if (fe_memory_map(made.memory, 0, made.capacity, MAP_READ | MAP_WRITE, &bytes) != OK) {
        fe_handle_drop(&made.memory);
        return -ENOSPC;
    }
    made.bytes = bytes;
    size_t used = content->capacity < made.capacity ? content->capacity : made.capacity;
    int error = used != 0 ? memory_write(&made, 0, content->bytes, used) : 0;
    if (error != 0) {
        content_fini(&made);
        return error;
    }
    content_fini(content);
    *content = made;
    return 0;
}

int content_write(struct content *content, size_t offset, const void *from, size_t count)
{
    int error = content_reserve(content, offset + count);
    if (error != 0) return error;
    if (offset + count > content->solid) return memory_write(content, offset, from, count);
    memcpy(content->bytes + offset, from, count);
    return 0;
}

const void *content_copy(const struct content *content, size_t offset, void *to, size_t count)
{
    size_t have = offset < content->capacity ? content->capacity - offset : 0;
    if (have > count) have = count;
    if (have != 0 && fe_memory_read(content->memory, offset, to, have) != OK) return nullptr;
    memset((uint8_t *)to + have, 0, count - have);
    return to;
}

uint64_t content_used(const struct content *content)
{
    size_t size, used;
    if (content->memory == FE_NO_HANDLE) return content->capacity;
    return fe_memory_size(content->memory, &size, &used) == OK ? used : content->capacity;
}

int content_reserve(struct content *content, size_t size)
{
    if (size <= content->capacity) return 0;
    if (content->memory != FE_NO_HANDLE && memory_grow(content, size) == 0) return 0;
    return size <= HEAP_MAX && content->memory == FE_NO_HANDLE ? heap_grow(content, size)
                                                               : move_out(content, size);
}

// Whole pages of a memory object go back, touched or not.
static void give_back(struct content *content, size_t kept)
{
    if (fe_memory_resize(content->memory, kept) != OK) return;
    enum status status = fe_memory_unmap(content->bytes + kept, content->capacity - kept);
    (void)status;
    content->capacity = kept;
    if (content->solid > kept) content->solid = kept;
}

// Of what stays, the rest of the last page. A page that is not there is zero.
static int tail_clear(struct content *content, size_t size, size_t end)
{
    static const uint8_t zeros[FE_PAGE_SIZE];
    if (end > content->capacity) end = content->capacity;
    if (size >= end) return 0;
    size_t count = end - size;
    if (end > content->solid) return memory_write(content, size, zeros, count);
    memset(content->bytes + size, 0, count);
    return 0;
}

int content_grow(struct content *content, size_t size, size_t old_size)
{
    size_t end = fe_page_round(old_size);
    if (!content->is_shared) return 0;
    return tail_clear(content, old_size, size < end ? size : end);
}

// What is beyond the new size is zero when the file grows again.
int content_shrink(struct content *content, size_t size, size_t old_size)
{
    if (size == 0) {
        content_fini(content);
        return 0;
    }
    bool has_memory = content->memory != FE_NO_HANDLE;
    size_t kept = fe_page_round(size), end = old_size;
    if (has_memory && end > kept) end = kept;
    int error = tail_clear(content, size, end);
    if (error != 0) return error;
    if (has_memory && kept < content->capacity) give_back(content, kept);
    return 0;
}

int content_memory(struct content *content, size_t size, fe_handle *memory)
{
    if (content->memory == FE_NO_HANDLE) {
        int error = move_out(content, size);
        if (error != 0) return error;
    }
    content->solid = 0;
    content->is_shared = true;
    *memory = content->memory;
    return 0;
}

void content_fini(struct content *content)
{
    if (content->memory == FE_NO_HANDLE) {
        free(content->bytes);
    } else {
        enum status status = fe_memory_unmap(content->bytes, content->capacity);
        (void)status;
        fe_handle_drop(&content->memory);
    }
    *content = (struct content){};
}
