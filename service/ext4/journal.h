// SPDX-License-Identifier: MIT
// The journal of ext4 (jbd2): a ring of blocks with transactions, each with the new contents of
// blocks and a commit block, written before any of them goes to its place. The format: the Linux
// kernel's Documentation/filesystems/ext4/journal.rst. All its numbers are big-endian.
#pragma once

#include <volume/cache.h>

enum : uint32_t {
    JOURNAL_MAGIC = 0xc03b3998,
    JOURNAL_DESCRIPTOR = 1,
    JOURNAL_COMMIT = 2,
    JOURNAL_SUPER_1 = 3,
    JOURNAL_SUPER_2 = 4,
    JOURNAL_REVOKE = 5,
    // s_feature_incompat
    JOURNAL_HAS_REVOKE = 1,
    JOURNAL_HAS_64BIT = 2,
    JOURNAL_HAS_ASYNC_COMMIT = 4, // neither read nor written here
    JOURNAL_HAS_CSUM_2 = 8,
    JOURNAL_HAS_CSUM_3 = 16,
    JOURNAL_HAS_FAST_COMMIT = 32, // neither
    JOURNAL_KNOWN = 1 | 2 | 8 | 16,
    // tags' flags
    TAG_ESCAPED = 1,
    TAG_SAME_UUID = 2,
    TAG_LAST = 8,
};

struct journal_header {
    uint32_t magic, kind, sequence;
};

struct journal_super {
    struct journal_header header;
    uint32_t block_size, length, first;
    uint32_t sequence, start; // of the oldest transaction; start 0: there is none
    uint32_t error;
    uint32_t compatible, incompatible, compatible_read;
    uint8_t uuid[16];
    uint32_t users;
    uint32_t super_copy, transaction_max, data_max;
    uint8_t checksum_kind, unused[3];
    uint32_t fast_commits, head;
    uint32_t reserved[40];
    uint32_t checksum;
    uint8_t user[768];
};
static_assert(sizeof(struct journal_super) == 1024);

struct journal {
    struct device *device;
    uint32_t block_size;
    uint64_t *place; // on the disk, of each of its blocks
    uint32_t length, first;
    uint32_t head;     // where the next transaction begins
    uint32_t used;     // blocks from the oldest that is needed to the head
    uint32_t tail;     // the oldest
    uint32_t sequence; // of the next transaction
    uint32_t tail_sequence;
    bool is_wide; // block numbers of 64 bits
    struct journal_super super;
    uint8_t *stage; // JOURNAL_STAGE bytes, to be written in one piece
    uint32_t staged, stage_at;
};

enum : size_t { JOURNAL_STAGE = 64 << 10 };

static inline uint32_t big32(uint32_t value)
{
    return __builtin_bswap32(value);
}
static inline uint16_t big16(uint16_t value)
{
    return __builtin_bswap16(value);
}

// `place` becomes the journal's. -EUCLEAN: not a journal. -EOPNOTSUPP: one with unknown features.
int journal_open(struct journal *journal, struct device *device, uint32_t block_size,
                 uint64_t *place, uint32_t length);
void journal_close(struct journal *journal);
// Writes what whole transactions of the journal say to its places, and empties it. `*count`: how
// many transactions.
int journal_replay(struct journal *journal, uint32_t *count);
// Writes all held blocks of `cache` as one transaction, which survives a power cut on return; they
// become logged.
int journal_commit(struct journal *journal, struct cache *cache);
// How many held blocks a transaction may have so that there is room for it at any time.
uint32_t journal_room(const struct journal *journal);
// Whether it is time for a checkpoint; and that: after a commit, all logged blocks go home.
bool journal_is_full(const struct journal *journal);
int journal_checkpoint(struct journal *journal, struct cache *cache);
// The journal says that it is empty, from `sequence` on.
int journal_super_write(struct journal *journal);
