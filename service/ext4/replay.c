// SPDX-License-Identifier: MIT
// Reading the journal after a power cut, also one that Linux wrote: three passes over the
// transactions that are whole. The first finds where they end, the second which blocks were revoked
// and when, the third writes the others to their places.
#include "journal.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <ferrite/log.h>
#include <stdlib.h>
#include <string.h>

struct revoked {
    uint64_t block;
    uint32_t sequence;
};

enum pass : uint8_t { PASS_SCAN, PASS_REVOKE, PASS_WRITE };

struct replay {
    struct journal *journal;
    enum pass pass;
    uint32_t features;
    uint32_t end;  // the first sequence that is not whole
    uint32_t seed; // of checksums
    struct revoked *revoked;
    size_t revoked_count, revoked_capacity;
    uint8_t *block, *data;
};

struct tag {
    uint64_t block;
    uint32_t flags, checksum;
    uint32_t size; // of the tag on the disk
};

static bool has_checksums(const struct replay *replay)
{
    return (replay->features & (JOURNAL_HAS_CSUM_2 | JOURNAL_HAS_CSUM_3)) != 0;
}

static int block_read(struct replay *replay, uint32_t at, uint8_t *to)
{
    struct journal *journal = replay->journal;
    return device_read(journal->device, journal->place[at] * journal->block_size, to,
                       journal->block_size);
}

static uint32_t next(const struct journal *journal, uint32_t at)
{
    return at + 1 >= journal->length ? journal->first : at + 1;
}

static struct tag tag_read(const struct replay *replay, const uint8_t *at)
{
    uint32_t word[4];
    memcpy(word, at, sizeof word);
    struct tag tag = {.block = big32(word[0])};
    bool is_wide = (replay->features & JOURNAL_HAS_64BIT) != 0;
    if (replay->features & JOURNAL_HAS_CSUM_3) {
        tag.flags = big32(word[1]);
        tag.checksum = big32(word[3]);
        tag.size = 16;
    } else {
        tag.checksum = big32(word[1]) >> 16;
        tag.flags = big32(word[1]) & 0xffff;
        tag.size = is_wide ? 12 : 8;
    }
    if (is_wide) tag.block |= (uint64_t)big32(word[2]) << 32;
    return tag;
}

static bool data_is_right(const struct replay *replay, const struct tag *tag, uint32_t sequence)
{
    if (!has_checksums(replay)) return true;
    uint32_t number = big32(sequence);
    uint32_t sum = ext2fs_crc32c_le(replay->seed, (void *)&number, sizeof number);
    sum = ext2fs_crc32c_le(sum, replay->data, replay->journal->block_size);
    if ((replay->features & JOURNAL_HAS_CSUM_3) == 0) sum &= 0xffff;
    return sum == tag->checksum;
}

// Descriptors, revocations and commits end, or in the commit's case begin, with a checksum of their
// own over the whole block with zero in its place.
static bool block_is_right(struct replay *replay, size_t place)
{
    if (!has_checksums(replay)) return true;
    uint32_t told, zero = 0;
    memcpy(&told, replay->block + place, sizeof told);
    memcpy(replay->block + place, &zero, sizeof zero);
    uint32_t sum = ext2fs_crc32c_le(replay->seed, replay->block, replay->journal->block_size);
    memcpy(replay->block + place, &told, sizeof told);
    return sum == big32(told);
}

static bool is_revoked(const struct replay *replay, uint64_t block, uint32_t sequence)
{
    for (size_t i = 0; i < replay->revoked_count; i++) {
        const struct revoked *revoked = &replay->revoked[i];
        if (revoked->block == block && (int32_t)(revoked->sequence - sequence) >= 0) return true;
    }
    return false;
}

static int write_home(struct replay *replay, const struct tag *tag, uint32_t at, uint32_t sequence)
{
    struct journal *journal = replay->journal;
    if (is_revoked(replay, tag->block, sequence)) return 0;
    int result = block_read(replay, at, replay->data);
    if (result != 0) return result;
    if (!data_is_right(replay, tag, sequence)) {
        fe_log("journal: block %llu of transaction %u is damaged", (unsigned long long)tag->block,
               sequence);
        return -EUCLEAN;
    }
    uint32_t magic = big32(JOURNAL_MAGIC);
    if (tag->flags & TAG_ESCAPED) memcpy(replay->data, &magic, sizeof magic);
    return device_write(journal->device, tag->block * journal->block_size, replay->data,
                        journal->block_size);
}

// The blocks that a descriptor names follow it.
static int descriptor(struct replay *replay, uint32_t *at, uint32_t sequence)
{
    struct journal *journal = replay->journal;
    size_t end = journal->block_size - (has_checksums(replay) ? 4 : 0);
    size_t offset = sizeof(struct journal_header);
    for (struct tag tag = {}; (tag.flags & TAG_LAST) == 0;) {
        if (offset + 8 > end) return 0;
        tag = tag_read(replay, replay->block + offset);
        offset += tag.size + ((tag.flags & TAG_SAME_UUID) ? 0 : 16);
        if (offset > end) return 0;
        *at = next(journal, *at);
        if (replay->pass != PASS_WRITE) continue;
        int result = write_home(replay, &tag, *at, sequence);
        if (result != 0) return result;
    }
    return 0;
}

static int revoke(struct replay *replay, uint32_t sequence)
{
    uint32_t used;
    memcpy(&used, replay->block + sizeof(struct journal_header), sizeof used);
    used = big32(used);
    if (used > replay->journal->block_size) return -EUCLEAN;
    size_t size = (replay->features & JOURNAL_HAS_64BIT) ? 8 : 4;
    for (size_t at = sizeof(struct journal_header) + 4; at + size <= used; at += size) {
        if (replay->revoked_count == replay->revoked_capacity) {
            size_t capacity = replay->revoked_capacity * 2 + 64;
            struct revoked *more = realloc(replay->revoked, capacity * sizeof *more);
            if (more == nullptr) return -ENOMEM;
            replay->revoked = more;
            replay->revoked_capacity = capacity;
        }
        uint32_t word[2] = {};
        memcpy(word, replay->block + at, size);
        uint64_t block =
            size == 4 ? big32(word[0]) : (uint64_t)big32(word[0]) << 32 | big32(word[1]);
        replay->revoked[replay->revoked_count++] = (struct revoked){block, sequence};
    }
    return 0;
}

// One block of the log at `*at`. 1: the log ends before it.
static int step(struct replay *replay, uint32_t *at, uint32_t *sequence)
{
    struct journal_header header;
    size_t tail = replay->journal->block_size - 4;
    int result = block_read(replay, *at, replay->block);
    if (result != 0) return result;
    memcpy(&header, replay->block, sizeof header);
    if (header.magic != big32(JOURNAL_MAGIC) || header.sequence != big32(*sequence)) return 1;
    uint32_t kind = big32(header.kind);
    if (kind == JOURNAL_COMMIT) {
        if (!block_is_right(replay, sizeof header + 4)) return 1;
        ++*sequence;
    } else if (kind == JOURNAL_DESCRIPTOR) {
        if (!block_is_right(replay, tail)) return 1;
        result = descriptor(replay, at, *sequence);
    } else if (kind == JOURNAL_REVOKE) {
        if (!block_is_right(replay, tail)) return 1;
        if (replay->pass == PASS_REVOKE) result = revoke(replay, *sequence);
    } else {
        return 1;
    }
    *at = next(replay->journal, *at);
    return result;
}

static int run(struct replay *replay, enum pass pass)
{
    struct journal *journal = replay->journal;
    uint32_t at = big32(journal->super.start), sequence = big32(journal->super.sequence);
    replay->pass = pass;
    // A ring that is full of descriptors ends too.
    for (uint32_t blocks = 0; blocks < journal->length; blocks++) {
        if (pass != PASS_SCAN && sequence == replay->end) return 0;
        int result = step(replay, &at, &sequence);
        if (result < 0) return result;
        if (result != 0) break;
    }
    if (pass == PASS_SCAN) replay->end = sequence;
    return 0;
}

int journal_replay(struct journal *journal, uint32_t *count)
{
    *count = 0;
    if (journal->super.start == 0) return 0;
    struct replay replay = {.journal = journal, .features = big32(journal->super.incompatible)};
    replay.seed = ext2fs_crc32c_le(~0u, journal->super.uuid, sizeof journal->super.uuid);
    replay.block = malloc(journal->block_size);
    replay.data = malloc(journal->block_size);
    int result = replay.block && replay.data ? 0 : -ENOMEM;
    for (enum pass pass = PASS_SCAN; result == 0 && pass <= PASS_WRITE; pass++)
        result = run(&replay, pass);
    free(replay.block);
    free(replay.data);
    free(replay.revoked);
    if (result == 0) result = device_flush(journal->device);
    if (result != 0) return result;
    *count = replay.end - big32(journal->super.sequence);
    journal->sequence = replay.end + 1;
    journal->used = 0;
    result = journal_super_write(journal);
    return result == 0 ? device_flush(journal->device) : result;
}
