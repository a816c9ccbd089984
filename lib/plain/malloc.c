// SPDX-License-Identifier: MIT
// malloc by size classes: four classes to each power of two, a free list for each, cut from memory
// objects, 16 KiB at first and twice as much each time up to 256 KiB (4 KiB each where memory is
// dear), because a small program needs little; big blocks are mapped by themselves and go back at
// once. Locked, so that threads may use it.
#include <abi/saving.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/memory.h>
#include <stdint.h>

enum : size_t {
    CHUNK_LEAST = 16 * 1024 / (FE_SAVING > 1 ? 4 : 1),
    CHUNK_MAX = 256 * 1024 / FE_SAVING / FE_SAVING,
    BIG = 64 * 1024 / FE_SAVING,
    HEADER = 16,
    CLASS_COUNT = 64
};

struct block {
    size_t size;        // usable bytes; of a big block: mapped bytes less the header
    struct block *next; // when free; the user's bytes start behind HEADER
};

static struct fe_lock heap_lock;
static struct block *free_blocks[CLASS_COUNT];
static char *chunk;
static size_t chunk_left, chunk_size = CHUNK_LEAST; // of the next one

static void *user_of(struct block *block)
{
    return (char *)block + HEADER;
}

static struct block *block_of(void *user)
{
    return (struct block *)((char *)user - HEADER);
}

// The class whose blocks hold `size` bytes, and their exact size: 16, 32, 48, 64, 80, 96, 112, 128,
// 160, ...
static size_t class_of(size_t size, size_t *exact)
{
    if (size <= 64) {
        *exact = size ? (size + 15) & ~(size_t)15 : 16;
        return *exact / 16 - 1;
    }
    unsigned power = 8 * sizeof(long) - 1 - (unsigned)__builtin_clzl(size - 1);
    size_t step = (size_t)1 << (power - 2);
    *exact = (size + step - 1) & ~(step - 1);
    return 4 + (power - 6) * 4 + (*exact - ((size_t)1 << power)) / step - 1;
}

// A new block, of what is left of the chunk or of the next one; one that is larger than that has
// pages of its own.
static struct block *cut(size_t size)
{
    void *fresh;
    bool is_larger = size + HEADER > chunk_size;
    if (chunk_left < size + HEADER) {
        size_t room = is_larger ? size + HEADER : chunk_size;
        if (fe_memory_allocate(room, &fresh) != OK) return nullptr;
        if (is_larger) {
            struct block *own = fresh;
            own->size = size;
            return own;
        }
        chunk = fresh;
        chunk_left = chunk_size;
        if (chunk_size < CHUNK_MAX) chunk_size *= 2;
    }
    struct block *block = (struct block *)chunk;
    chunk += size + HEADER;
    chunk_left -= size + HEADER;
    block->size = size;
    return block;
}

static void *allocate_big(size_t size)
{
    void *fresh;
    if (size > SIZE_MAX / 2 || fe_memory_allocate(size + HEADER, &fresh) != OK) return nullptr;
    struct block *block = fresh;
    block->size = fe_page_round(size + HEADER) - HEADER;
    return user_of(block);
}

void *malloc(size_t size)
{
    if (size > BIG) return allocate_big(size);
    size_t exact;
    size_t class = class_of(size, &exact);
    fe_lock_take(&heap_lock);
    struct block *block = free_blocks[class];
    if (block) {
        free_blocks[class] = block->next;
    } else {
        block = cut(exact);
    }
    fe_lock_release(&heap_lock);
    return block ? user_of(block) : nullptr;
}

void free(void *user)
{
    if (user == nullptr) return;
    struct block *block = block_of(user);
    if (block->size > BIG) {
        if (fe_memory_unmap(block, block->size + HEADER) != OK) __builtin_trap();
        return;
    }
    size_t exact;
    size_t class = class_of(block->size, &exact);
    fe_lock_take(&heap_lock);
    block->next = free_blocks[class];
    free_blocks[class] = block;
    fe_lock_release(&heap_lock);
}

void *calloc(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) return nullptr;
    void *user = malloc(total);
    if (user) memset(user, 0, total);
    return user;
}

char *strndup(const char *text, size_t most)
{
    size_t size = strnlen(text, most);
    char *copy = malloc(size + 1);
    if (copy == nullptr) return nullptr;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

char *strdup(const char *text)
{
    return strndup(text, SIZE_MAX);
}

void *realloc(void *user, size_t size)
{
    if (user == nullptr) return malloc(size);
    size_t old = block_of(user)->size;
    if (size <= old && size > old / 2) return user;
    void *fresh = malloc(size);
    if (fresh == nullptr) return nullptr;
    memcpy(fresh, user, old < size ? old : size);
    free(user);
    return fresh;
}
