// SPDX-License-Identifier: MIT
// The bytes of files. Pages of a memory object come into being when they are touched, so room is
// taken in large steps, which cost nothing before they are used.
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
    uint8_t *bytes = realloc(content->bytes, capacity);
    if (bytes == nullptr) return -ENOMEM;
    memset(bytes + content->capacity, 0, capacity - content->capacity);
    content->bytes = bytes;
    content->capacity = capacity;
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
    if (used != 0) memcpy(made.bytes, content->bytes, used);
    content_fini(content);
    *content = made;
    return 0;
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
}

// What is beyond the new size is zero when the file grows again.
void content_shrink(struct content *content, size_t size, size_t old_size)
{
    if (size == 0) {
        content_fini(content);
        return;
    }
    size_t kept = fe_page_round(size);
    if (content->memory != FE_NO_HANDLE && kept < content->capacity) give_back(content, kept);
    size_t end = old_size < content->capacity ? old_size : content->capacity;
    if (size < end) memset(content->bytes + size, 0, end - size);
}

int content_memory(struct content *content, size_t size, fe_handle *memory)
{
    if (content->memory == FE_NO_HANDLE) {
        int error = move_out(content, size);
        if (error != 0) return error;
    }
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
