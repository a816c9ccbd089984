// SPDX-License-Identifier: MIT
// The cache over a disk of bytes in memory.
#include "test/unit.h"

#include <abi/errno.h>
#include <stdlib.h>
#include <string.h>
#include <volume/cache.h>

enum : size_t { BLOCK = 4096, PAGES = 64, SIZE = PAGES * CACHE_PAGE };

static struct {
    uint8_t bytes[SIZE];
    uint64_t order[256]; // of writes
    size_t reads, writes, read_bytes, arenas;
    size_t memory; // bytes that may be had
    int error;
} disk;

int device_memory_get(struct device *, size_t size, struct device_memory *memory)
{
    if (size > disk.memory) return -ENOMEM;
    disk.memory -= size;
    disk.arenas++;
    *memory = (struct device_memory){.at = malloc(size), .size = size};
    return 0;
}

void device_memory_put(struct device *, const struct device_memory *memory)
{
    disk.memory += memory->size;
    disk.arenas--;
    free(memory->at);
}

int device_fill(struct device *, uint64_t offset, const struct device_piece *piece)
{
    if (disk.error != 0) return disk.error;
    memcpy(piece->memory->at + piece->position, disk.bytes + offset, piece->size);
    disk.reads++;
    disk.read_bytes += piece->size;
    return 0;
}

int device_store(struct device *, uint64_t offset, const struct device_piece *piece)
{
    if (disk.error != 0) return disk.error;
    memcpy(disk.bytes + offset, piece->memory->at + piece->position, piece->size);
    disk.order[disk.writes++ % 256] = offset;
    return 0;
}

int device_store_all(struct device *device, const struct device_change *change, size_t count)
{
    return device_store_each(device, change, count);
}

static struct device device = {.path = "disk", .size = SIZE};
static struct cache cache;

static bool begin(size_t memory)
{
    memset(&disk, 0, sizeof disk);
    for (size_t i = 0; i < SIZE; i++) disk.bytes[i] = (uint8_t)(i / BLOCK);
    disk.memory = memory;
    return cache_init(&cache, &device, BLOCK, 16) == 0;
}

static bool has(uint64_t block, uint8_t wanted)
{
    uint32_t count = 1;
    const uint8_t *bytes;
    return cache_read(&cache, block, &count, &bytes) == 0 && bytes[0] == wanted;
}

static bool change(uint64_t block, uint8_t to, enum block_state state)
{
    uint8_t *bytes;
    if (cache_change(&cache, block, state, true, &bytes) != 0) return false;
    memset(bytes, to, BLOCK);
    return true;
}

TEST("what was read is there, and read once")
{
    EXPECT(begin(SIZE));
    EXPECT(has(17, 17) && has(17, 17) && disk.reads == 1 && disk.read_bytes == BLOCK);
    uint32_t count = 40;
    const uint8_t *bytes;
    EXPECT(cache_read(&cache, 32, &count, &bytes) == 0 && count == 40);
    EXPECT(bytes[0] == 32 && bytes[39 * BLOCK] == 71 && disk.reads == 2); // neighbours: one piece
    EXPECT(cache_read(&cache, SIZE / BLOCK, &count, &bytes) == -EIO);
    cache_fini(&cache);
    EXPECT(disk.arenas == 0);
}

TEST("the page that is longest unused goes, and a changed one is written before")
{
    EXPECT(begin(SIZE));
    EXPECT(change(3, 0xee, BLOCK_DIRTY));
    for (uint64_t i = 1; i < 16; i++) EXPECT(has(i * 16, (uint8_t)(i * 16)));
    EXPECT(disk.writes == 0 && cache.pages == 16);
    EXPECT(has(0 + 16, 16)); // used again: not the oldest
    EXPECT(has(20 * 16, (uint8_t)(20 * 16)));
    EXPECT(disk.writes == 1 && disk.bytes[3 * BLOCK] == 0xee && cache.pages == 16);
    size_t reads = disk.reads;
    EXPECT(has(16, 16) && disk.reads == reads);
    EXPECT(has(3, 0xee) && disk.reads == reads + 1);
    cache_fini(&cache);
}

// Reads pages in the disk's order, eight at once.
static size_t reads_in_order(void)
{
    size_t before = disk.reads;
    for (uint64_t i = 0; i < PAGES; i += 8) {
        if (cache_fetch(&cache, i * 16, 8 * 16) != 0) return 0;
        for (uint64_t k = i; k < i + 8; k++)
            if (!has(k * 16, (uint8_t)(k * 16))) return 0;
    }
    return disk.reads - before;
}

TEST("pages that are read in order become neighbours again, whatever lay there before")
{
    EXPECT(begin(SIZE));
    for (uint64_t i = 0; i < 5 * PAGES; i++) {
        uint64_t page = i * 27 % PAGES;
        EXPECT(has(page * 16 + i % 16, (uint8_t)(page * 16 + i % 16)));
    }
    (void)reads_in_order();
    EXPECT(cache.pages == 16 && reads_in_order() <= 12);
    // What is used all the while stays, though it is in the way.
    EXPECT(has(40 * 16, (uint8_t)(40 * 16)));
    for (uint64_t i = 0; i < 32; i++) {
        EXPECT(has(i * 16, (uint8_t)(i * 16)));
        size_t reads = disk.reads;
        EXPECT(has(40 * 16, (uint8_t)(40 * 16)) && disk.reads == reads);
    }
    cache_fini(&cache);
}

TEST("what a journal holds stays, however much there is, and is not written")
{
    EXPECT(begin(SIZE));
    for (uint64_t i = 0; i < 40; i++) EXPECT(change(i * 16, 0xcc, BLOCK_HELD));
    EXPECT(cache.held == 40 && disk.writes == 0 && cache.pages >= 40);
    for (uint64_t i = 0; i < 40; i++) EXPECT(has(i * 16, 0xcc));
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && disk.writes == 0);
    cache_logged(&cache);
    EXPECT(cache.held == 0 && cache.logged == 40);
    EXPECT(cache_write_back(&cache, BLOCK_LOGGED) == 0 && disk.writes == 40 && cache.logged == 0);
    cache_fini(&cache);
}

TEST("writing back goes in the order of the disk")
{
    EXPECT(begin(SIZE));
    for (uint64_t i = 15; i > 0; i--) EXPECT(change(i * 16, 1, BLOCK_DIRTY));
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && disk.writes == 15 && cache.dirty == 0);
    for (size_t i = 1; i < 15; i++) EXPECT(disk.order[i] > disk.order[i - 1]);
    cache_fini(&cache);
}

TEST("neighbours are written together, up to the first block that is not changed")
{
    EXPECT(begin(SIZE));
    for (uint64_t i = 0; i < 40; i++) EXPECT(i == 35 || change(i, 9, BLOCK_DIRTY));
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && cache.dirty == 0 && disk.writes == 2);
    EXPECT(disk.order[0] == 0 && disk.order[1] == 36 * BLOCK);
    for (uint64_t i = 0; i < 40; i++) EXPECT(disk.bytes[i * BLOCK] == (i == 35 ? 35 : 9));
    cache_fini(&cache);
}

TEST("what is in the journal goes through it again when it changes")
{
    EXPECT(begin(SIZE));
    EXPECT(change(5, 1, BLOCK_HELD));
    cache_logged(&cache);
    EXPECT(change(5, 2, BLOCK_DIRTY) && cache_is(&cache, 5, BLOCK_HELD));
    EXPECT(!cache_is(&cache, 5, BLOCK_DIRTY) && cache.dirty == 0);
    cache_fini(&cache);
}

TEST("a page stays changed when the disk fails, and is written when it works again")
{
    EXPECT(begin(SIZE));
    EXPECT(change(5, 7, BLOCK_DIRTY));
    disk.error = -EIO;
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == -EIO && cache.dirty == 1);
    EXPECT(!has(100, 100));
    disk.error = 0;
    EXPECT(has(100, 100));
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && disk.bytes[5 * BLOCK] == 7);
    cache_fini(&cache);
}

TEST("whole blocks are overwritten together, not read, and the journal's stay the journal's")
{
    static uint8_t bytes[100 * BLOCK];
    memset(bytes, 0xab, sizeof bytes);
    EXPECT(begin(SIZE));
    EXPECT(cache_overwrite(&cache, 18, 100, bytes, sizeof bytes) == 14); // to the page's end
    EXPECT(cache.dirty == 14 && disk.reads == 0 && has(31, 0xab) && disk.reads == 0);
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && disk.writes == 1 && cache.dirty == 0);
    EXPECT(disk.bytes[17 * BLOCK] == 17 && disk.bytes[18 * BLOCK] == 0xab);
    EXPECT(disk.bytes[31 * BLOCK] == 0xab && disk.bytes[32 * BLOCK] == 32);
    EXPECT(change(40, 1, BLOCK_HELD) && change(41, 1, BLOCK_HELD));
    cache_logged(&cache);
    EXPECT(change(41, 2, BLOCK_HELD));
    EXPECT(cache_overwrite(&cache, 39, 4, bytes, sizeof bytes) == 4);
    EXPECT(cache.held == 2 && cache.dirty == 2 && cache_is(&cache, 40, BLOCK_HELD));
    EXPECT(cache_overwrite(&cache, 50, 9, bytes, 3 * BLOCK - 1) == 2);
    EXPECT(cache_overwrite(&cache, SIZE / BLOCK, 1, bytes, sizeof bytes) == -EIO);
    cache_fini(&cache);
}

TEST("more pieces than are written at once are all written; none is done before all are")
{
    EXPECT(begin(SIZE));
    for (uint64_t i = 0; i < 40; i++) EXPECT(change(i * 3, 8, BLOCK_DIRTY));
    disk.error = -EIO;
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == -EIO && cache.dirty == 40);
    disk.error = 0;
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && cache.dirty == 0 && disk.writes == 40);
    for (uint64_t i = 0; i < 40; i++) EXPECT(disk.bytes[i * 3 * BLOCK] == 8);
    cache_fini(&cache);
}

TEST("blocks that belong to nobody are not written")
{
    EXPECT(begin(SIZE));
    EXPECT(change(5, 7, BLOCK_DIRTY));
    cache_forget(&cache, 5);
    EXPECT(cache_write_back(&cache, BLOCK_DIRTY) == 0 && disk.writes == 0);
    cache_fini(&cache);
}

TEST("little memory makes a small cache, and what it gives back is written before")
{
    EXPECT(begin(5 * CACHE_PAGE));
    for (uint64_t i = 0; i < 30; i++) EXPECT(has(i * 16, (uint8_t)(i * 16)));
    EXPECT(cache.pages <= 5);
    cache_fini(&cache);
    EXPECT(begin(SIZE));
    cache.limit = cache.pages_max = 48;
    for (uint64_t i = 0; i < 40; i++) EXPECT(change(i * 16, 0xaa, BLOCK_DIRTY));
    size_t pages = cache.pages;
    EXPECT(cache_shrink(&cache) && cache.pages < pages && disk.arenas == 1);
    for (uint64_t i = 0; i < 40; i++) EXPECT(has(i * 16, 0xaa));
    EXPECT(!cache_shrink(&cache) || cache.pages >= 16);
    cache_fini(&cache);
    EXPECT(disk.arenas == 0);
}

static size_t room; // bytes

static bool is_room(size_t bytes)
{
    return bytes <= room;
}

TEST("a cache grows while it may, gives memory back when it is asked to, and grows again later")
{
    EXPECT(begin(SIZE));
    cache.limit = cache.pages_max = 48;
    cache.may_grow = is_room;
    room = 0;
    for (uint64_t i = 0; i < 40; i++) EXPECT(has(i * 16, (uint8_t)(i * 16)));
    EXPECT(cache.pages == 16);
    room = SIZE;
    for (uint64_t i = 0; i < 40; i++) EXPECT(has(i * 16, (uint8_t)(i * 16)));
    EXPECT(cache.pages == 48);
    EXPECT(cache_shrink(&cache) && cache.pages == 16 && !cache_shrink(&cache));
    for (uint64_t i = 0; i < 40; i++) EXPECT(has(i * 16, (uint8_t)(i * 16)));
    EXPECT(cache.pages == 48);
    cache_fini(&cache);
    EXPECT(disk.arenas == 0);
}
