// SPDX-License-Identifier: MIT
// Memory for lwIP and its user. What is given back is kept for the next who wants as much: packets
// come and go all the time, and large ones would be given to the system and made anew each time.
// What is kept has a bound.
#include <arch/cc.h>

#include <string.h>

enum : size_t {
    HEADER = 16, // keeps what follows aligned
    SMALL_STEP = 64,
    SMALL_MAX = 2048,
    SMALL_CLASSES = SMALL_MAX / SMALL_STEP,
    LARGE_MAX = 80 << 10, // the largest packet and what lwIP adds
    LARGE_STEP = 8 << 10,
    CLASSES = SMALL_CLASSES + LARGE_MAX / LARGE_STEP,
    KEPT_MAX = 3 << 20, // bytes
};

struct block {
    size_t class; // CLASSES: larger than any
    struct block *next;
};
_Static_assert(sizeof(struct block) <= HEADER, "fits before the bytes");

static struct block *kept[CLASSES];
static size_t kept_bytes;

static size_t class_of(size_t whole)
{
    if (whole <= SMALL_MAX) return (whole - 1) / SMALL_STEP;
    return whole <= LARGE_MAX ? SMALL_CLASSES + (whole - 1) / LARGE_STEP : CLASSES;
}

static size_t class_size(size_t class)
{
    return class < SMALL_CLASSES ? (class + 1) * SMALL_STEP
                                 : (class - SMALL_CLASSES + 1) * LARGE_STEP;
}

void *lwip_heap_allocate(size_t size)
{
    size_t whole = size + HEADER;
    if (whole < size) return NULL;
    size_t class = class_of(whole);
    struct block *block = class < CLASSES ? kept[class] : NULL;
    if (block != NULL) {
        kept[class] = block->next;
        kept_bytes -= class_size(class);
    } else {
        block = malloc(class < CLASSES ? class_size(class) : whole);
        if (block == NULL) return NULL;
        block->class = class;
    }
    return (uint8_t *)block + HEADER;
}

void *lwip_heap_allocate_zeroed(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    void *made = lwip_heap_allocate(count * size);
    return made == NULL ? NULL : memset(made, 0, count * size);
}

void lwip_heap_free(void *bytes)
{
    if (bytes == NULL) return;
    struct block *block = (struct block *)((uint8_t *)bytes - HEADER);
    if (block->class == CLASSES || kept_bytes + class_size(block->class) > KEPT_MAX) {
        free(block);
        return;
    }
    block->next = kept[block->class];
    kept[block->class] = block;
    kept_bytes += class_size(block->class);
}

size_t lwip_heap_kept(void)
{
    return kept_bytes;
}
