// SPDX-License-Identifier: MIT
// Writing transactions: descriptor blocks that name what follows them, the blocks, and the commit
// block once all of that is on the disk. The journal is little-checked on purpose: what makes a
// transaction whole is that its commit block was written after a flush.
#include "journal.h"

#include <errno.h>
#include <ferrite/log.h>
#include <stdlib.h>
#include <string.h>

static uint32_t after(const struct journal *journal, uint32_t at)
{
    return at + 1 == journal->length ? journal->first : at + 1;
}

int journal_open(struct journal *journal, struct device *device, uint32_t block_size,
                 uint64_t *place, uint32_t length)
{
    *journal = (struct journal){.device = device, .block_size = block_size, .place = place};
    struct journal_super *super = &journal->super;
    int result = device_read(device, place[0] * block_size, super, sizeof *super);
    if (result != 0) return result;
    uint32_t kind = big32(super->header.kind);
    if (super->header.magic != big32(JOURNAL_MAGIC)) return -EUCLEAN;
    if (kind != JOURNAL_SUPER_2) return kind == JOURNAL_SUPER_1 ? -EOPNOTSUPP : -EUCLEAN;
    if (big32(super->incompatible) & ~(uint32_t)JOURNAL_KNOWN) return -EOPNOTSUPP;
    journal->length = big32(super->length);
    journal->first = big32(super->first);
    journal->sequence = journal->tail_sequence = big32(super->sequence);
    journal->head = journal->tail = journal->first;
    if (big32(super->block_size) != block_size || journal->length > length) return -EUCLEAN;
    if (journal->first == 0 || journal->first + 8 > journal->length) return -EUCLEAN;
    if (big32(super->start) >= journal->length) return -EUCLEAN;
    journal->stage = malloc(JOURNAL_STAGE);
    return journal->stage == nullptr ? -ENOMEM : 0;
}

void journal_close(struct journal *journal)
{
    free(journal->place);
    free(journal->stage);
    *journal = (struct journal){};
}

int journal_super_write(struct journal *journal)
{
    struct journal_super *super = &journal->super;
    bool is_empty = journal->used == 0;
    super->start = is_empty ? 0 : big32(journal->tail);
    super->sequence = big32(is_empty ? journal->sequence : journal->tail_sequence);
    super->incompatible = journal->is_wide ? big32(JOURNAL_HAS_64BIT) : 0;
    super->checksum_kind = 0;
    super->checksum = 0;
    return device_write(journal->device, journal->place[0] * journal->block_size, super,
                        sizeof *super);
}

uint32_t journal_room(const struct journal *journal)
{
    return (journal->length - journal->first) / 8;
}

bool journal_is_full(const struct journal *journal)
{
    return journal->used > (journal->length - journal->first) / 2;
}

static int stage_write(struct journal *journal)
{
    if (journal->staged == 0) return 0;
    uint64_t at = journal->place[journal->stage_at] * journal->block_size;
    size_t size = (size_t)journal->staged * journal->block_size;
    journal->staged = 0;
    return device_write(journal->device, at, journal->stage, size);
}

// Room for the next block of the ring, zeroed. Blocks that are neighbours are written together.
static int stage(struct journal *journal, uint8_t **block)
{
    uint32_t at = journal->head;
    uint32_t expected = journal->stage_at + journal->staged;
    bool fits = (journal->staged + 1) * journal->block_size <= JOURNAL_STAGE;
    bool follows =
        journal->staged != 0 && at == expected && journal->place[at] == journal->place[at - 1] + 1;
    if (journal->staged != 0 && (!fits || !follows)) {
        int result = stage_write(journal);
        if (result != 0) return result;
    }
    if (journal->staged == 0) journal->stage_at = at;
    *block = journal->stage + (size_t)journal->staged * journal->block_size;
    memset(*block, 0, journal->block_size);
    journal->staged++;
    journal->head = after(journal, at);
    journal->used++;
    return 0;
}

struct transaction {
    struct journal *journal;
    uint64_t *block; // numbers
    const uint8_t **bytes;
    size_t count;
};

static int collect(void *context, uint64_t block, const uint8_t *bytes)
{
    struct transaction *transaction = context;
    transaction->block[transaction->count] = block;
    transaction->bytes[transaction->count++] = bytes;
    return 0;
}

static int stage_header(struct journal *journal, uint32_t kind, uint8_t **block)
{
    int result = stage(journal, block);
    if (result != 0) return result;
    struct journal_header header = {big32(JOURNAL_MAGIC), big32(kind), big32(journal->sequence)};
    memcpy(*block, &header, sizeof header);
    return 0;
}

static uint32_t tag_size(const struct journal *journal)
{
    return journal->is_wide ? 12 : 8;
}

// How many blocks one descriptor names: the first tag is followed by the journal's name.
static size_t tags_of(const struct journal *journal)
{
    return (journal->block_size - sizeof(struct journal_header) - 16) / tag_size(journal);
}

static bool is_escaped(const uint8_t *bytes)
{
    uint32_t magic;
    memcpy(&magic, bytes, sizeof magic);
    return magic == big32(JOURNAL_MAGIC);
}

static void tag_write(const struct journal *journal, uint8_t *to, uint64_t block, uint16_t flags)
{
    struct {
        uint32_t low;
        uint16_t checksum, flags;
        uint32_t high;
    } tag = {big32((uint32_t)block), 0, big16(flags), big32((uint32_t)(block >> 32))};
    memcpy(to, &tag, tag_size(journal));
}

static int write_group(const struct transaction *transaction, size_t first, size_t count)
{
    struct journal *journal = transaction->journal;
    uint8_t *block;
    int result = stage_header(journal, JOURNAL_DESCRIPTOR, &block);
    if (result != 0) return result;
    uint8_t *to = block + sizeof(struct journal_header);
    for (size_t i = 0; i < count; i++) {
        uint16_t flags = i == 0 ? 0 : TAG_SAME_UUID;
        if (i + 1 == count) flags |= TAG_LAST;
        if (is_escaped(transaction->bytes[first + i])) flags |= TAG_ESCAPED;
        tag_write(journal, to, transaction->block[first + i], flags);
        to += tag_size(journal);
        if (i != 0) continue;
        memcpy(to, journal->super.uuid, sizeof journal->super.uuid);
        to += sizeof journal->super.uuid;
    }
    for (size_t i = 0; i < count && result == 0; i++) {
        result = stage(journal, &block);
        if (result != 0) break;
        memcpy(block, transaction->bytes[first + i], journal->block_size);
        if (is_escaped(block)) memset(block, 0, sizeof(uint32_t));
    }
    return result;
}

static int write_commit(struct journal *journal)
{
    uint8_t *block;
    int result = stage_header(journal, JOURNAL_COMMIT, &block);
    if (result == 0) result = stage_write(journal);
    return result == 0 ? device_flush(journal->device) : result;
}

static int write_all(const struct transaction *transaction)
{
    struct journal *journal = transaction->journal;
    size_t tags = tags_of(journal);
    bool was_empty = journal->used == 0;
    int result = 0;
    if (was_empty) {
        journal->tail = journal->head;
        journal->tail_sequence = journal->sequence;
    }
    for (size_t at = 0; at < transaction->count && result == 0; at += tags) {
        size_t count = transaction->count - at < tags ? transaction->count - at : tags;
        result = write_group(transaction, at, count);
    }
    if (result == 0) result = stage_write(journal);
    if (result == 0 && was_empty) result = journal_super_write(journal);
    if (result == 0) result = device_flush(journal->device);
    return result == 0 ? write_commit(journal) : result;
}

int journal_commit(struct journal *journal, struct cache *cache)
{
    size_t tags = tags_of(journal), count = cache->held;
    if (count == 0) return device_flush(journal->device);
    size_t needed = count + (count + tags - 1) / tags + 1;
    if (needed > journal->length - journal->first - journal->used) return -ENOSPC;
    struct transaction transaction = {.journal = journal};
    transaction.block = malloc(count * sizeof(uint64_t));
    transaction.bytes = malloc(count * sizeof(uint8_t *));
    int result = transaction.block && transaction.bytes ? 0 : -ENOMEM;
    if (result == 0) result = cache_each(cache, BLOCK_HELD, collect, &transaction);
    if (result == 0) result = write_all(&transaction);
    free(transaction.block);
    free(transaction.bytes);
    if (result != 0) return result;
    journal->sequence++;
    cache_logged(cache);
    return 0;
}

int journal_checkpoint(struct journal *journal, struct cache *cache)
{
    int result = cache_write_back(cache, BLOCK_LOGGED);
    if (result == 0) result = device_flush(journal->device);
    if (result != 0) return result;
    journal->used = 0;
    journal->tail = journal->head;
    result = journal_super_write(journal);
    return result == 0 ? device_flush(journal->device) : result;
}
