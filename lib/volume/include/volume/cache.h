// SPDX-License-Identifier: MIT
// The cache of a volume's blocks, written back late. Blocks lie in pages of 64 KiB, or of 64
// blocks where that is less, aligned as on the disk, so that neighbours are read and written
// together and a reader finds them in one piece.
//
// A block is one of these:
//   clean    as on the disk
//   dirty    to be written to its place, at any time and in any order: contents of files
//   held     changed since the last commit and not to be written before that: a journal's matter
//   logged   safe in the journal, and older on the disk: written to its place at a checkpoint
// A block that is held may be logged as well, in its older version. Pages with held or logged
// blocks stay; the others go when there is no room, the one longest unused first.
//
// For one thread. A pointer is good until the next call.
#pragma once

#include <volume/device.h>

enum : size_t { CACHE_PAGE = 64 << 10 };

enum block_state : uint32_t { BLOCK_VALID, BLOCK_DIRTY, BLOCK_HELD, BLOCK_LOGGED, BLOCK_STATES };

struct cache_arena;

struct cache_page {
    struct cache_page *next;                       // of the same hash
    struct cache_page *newer, *older;              // by last use
    struct cache_page *next_changed, **changed_at; // of those with blocks that are not clean
    uint64_t first;                                // block, a multiple of those in a page
    uint64_t used;                                 // when it was used last: of cache.uses
    uint64_t state[BLOCK_STATES];                  // a bit for each block
    uint8_t *data;
    struct cache_arena *arena; // that the data lie in
    bool is_used, is_filling;
};

struct cache {
    struct device *device;
    uint32_t block_size, page_blocks;
    uint64_t blocks; // of the device
    struct cache_page **hash;
    uint32_t hash_size; // a power of two
    struct cache_page *newest, *oldest;
    struct cache_page *changed; // with blocks that are dirty, held or logged
    uint64_t uses;              // of another page than the last one
    struct cache_arena *arenas;
    struct cache_page *free;
    size_t pages, limit, pages_max; // limit: at present, where there was no memory
    bool (*may_grow)(size_t bytes); // by so much; nullptr: always
    size_t dirty, held, logged;     // blocks
};

// `pages_max`: how many pages there may be before others are given up.
int cache_init(struct cache *cache, struct device *device, uint32_t block_size, size_t pages_max);
void cache_fini(struct cache *cache); // what is not written is lost

// The contents of `block`. `*count` has how many blocks are wanted from there on, and gets how many
// follow in one piece.
int cache_read(struct cache *cache, uint64_t block, uint32_t *count, const uint8_t **bytes);
// Has `count` blocks from `block` on read, as far as one piece of memory has room for them, by as
// few transfers as there can be: what cache_read() will find there.
int cache_fetch(struct cache *cache, uint64_t block, uint32_t count);
// The same for blocks that will be changed, which are put into `state` (BLOCK_DIRTY or BLOCK_HELD).
// `is_whole`: all of it will be overwritten, so that it is not read.
int cache_change(struct cache *cache, uint64_t block, enum block_state state, bool is_whole,
                 uint8_t **bytes);
// Overwrites whole blocks, which become dirty: of the `most` from `block` on and of the `size`
// bytes as many as lie in one piece. How many, or a negative errno.
int cache_overwrite(struct cache *cache, uint64_t block, uint64_t most, const uint8_t *from,
                    size_t size);
// Gives memory back, the youngest piece of it that can be. False: there is none, or it could not be
// written.
bool cache_shrink(struct cache *cache);
bool cache_is(struct cache *cache, uint64_t block, enum block_state state);

// Writes all blocks in `state` (BLOCK_DIRTY or BLOCK_LOGGED) to their places.
int cache_write_back(struct cache *cache, enum block_state state);
// Calls `each` for every block in `state`, in no order; stops at an error.
int cache_each(struct cache *cache, enum block_state state,
               int (*each)(void *context, uint64_t block, const uint8_t *bytes), void *context);
// All held blocks become logged.
void cache_logged(struct cache *cache);
// These blocks belong to nobody any more: what is dirty need not be written.
void cache_forget(struct cache *cache, uint64_t block);
