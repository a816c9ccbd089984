// SPDX-License-Identifier: MIT
// Journals as Linux writes them, block by block: what is replayed of each.
#include "test/unit.h"

#include "fake_disk.h"

enum : uint32_t { BLOCK = 1024, LENGTH = 64, JOURNAL_AT = 100, BLOCKS = 256, HOME = 5, OTHER = 9 };

static struct {
    uint32_t features;
    uint32_t at, sequence; // where the next block goes
    uint32_t seed;
    struct journal journal;
} built;

static uint8_t *log_block(uint32_t at)
{
    return disk.bytes + (JOURNAL_AT + at) * BLOCK;
}

static void put32(uint8_t *to, uint32_t value)
{
    value = big32(value);
    memcpy(to, &value, sizeof value);
}

static uint32_t sum_of(uint32_t seed, const uint8_t *bytes, size_t size)
{
    return ext2fs_crc32c_le(seed, bytes, size);
}

static bool has_sums(void)
{
    return (built.features & (JOURNAL_HAS_CSUM_2 | JOURNAL_HAS_CSUM_3)) != 0;
}

// An empty disk, and a journal whose oldest transaction, 7, begins at `start`.
static void begin(uint32_t features, uint32_t start)
{
    free(disk.bytes);
    disk.size = (size_t)BLOCKS * BLOCK;
    disk.bytes = calloc(1, disk.size);
    memset(disk.bytes, '-', (size_t)JOURNAL_AT * BLOCK);
    struct journal_super super = {
        .header = {big32(JOURNAL_MAGIC), big32(JOURNAL_SUPER_2), 0},
        .block_size = big32(BLOCK),
        .length = big32(LENGTH),
        .first = big32(1),
        .sequence = big32(7),
        .start = big32(start),
        .incompatible = big32(features),
        .checksum_kind = 4,
        .uuid = "sixteen bytes..",
    };
    memcpy(log_block(0), &super, sizeof super);
    built.features = features;
    built.at = start;
    built.sequence = 7;
    built.seed = sum_of(~0u, super.uuid, sizeof super.uuid);
}

static uint8_t *log_next(void)
{
    uint8_t *block = log_block(built.at);
    memset(block, 0, BLOCK);
    built.at = built.at + 1 == LENGTH ? 1 : built.at + 1;
    return block;
}

static uint8_t *header(uint32_t kind)
{
    uint8_t *block = log_next();
    put32(block, JOURNAL_MAGIC);
    put32(block + 4, kind);
    put32(block + 8, built.sequence);
    return block;
}

static void seal(uint8_t *block, size_t place)
{
    if (has_sums()) put32(block + place, sum_of(built.seed, block, BLOCK));
}

static uint32_t data_sum(const uint8_t *data)
{
    uint8_t number[4];
    put32(number, built.sequence);
    return sum_of(sum_of(built.seed, number, sizeof number), data, BLOCK);
}

// One block with `fill` in all its bytes; its place in the journal.
static uint8_t *write_block(uint64_t home, uint8_t fill, uint32_t flags)
{
    uint8_t *tag = header(JOURNAL_DESCRIPTOR), *descriptor = tag, *data = log_next();
    bool is_3 = (built.features & JOURNAL_HAS_CSUM_3) != 0;
    memset(data, fill, BLOCK);
    if (flags & TAG_ESCAPED) memset(data, 0, 4);
    tag += 12;
    put32(tag, (uint32_t)home);
    uint32_t sum = has_sums() ? data_sum(data) : 0;
    put32(tag + 4, flags | TAG_LAST | (is_3 ? 0 : sum << 16));
    if (is_3) put32(tag + 12, sum);
    if (built.features & JOURNAL_HAS_64BIT) put32(tag + 8, (uint32_t)(home >> 32));
    seal(descriptor, BLOCK - 4);
    return data;
}

static void revoke_block(uint64_t home)
{
    bool is_wide = (built.features & JOURNAL_HAS_64BIT) != 0;
    uint8_t *block = header(JOURNAL_REVOKE);
    put32(block + 12, is_wide ? 24 : 20);
    put32(block + 16, is_wide ? (uint32_t)(home >> 32) : (uint32_t)home);
    if (is_wide) put32(block + 20, (uint32_t)home);
    seal(block, BLOCK - 4);
}

static uint8_t *finish(void)
{
    uint8_t *block = header(JOURNAL_COMMIT);
    seal(block, 16);
    built.sequence++;
    return block;
}

static int replay(uint32_t *count)
{
    static struct device device;
    uint64_t *place = malloc(LENGTH * sizeof *place);
    for (uint64_t i = 0; i < LENGTH; i++) place[i] = JOURNAL_AT + i;
    device.size = disk.size;
    *count = 0;
    int result = journal_open(&built.journal, &device, BLOCK, place, LENGTH);
    if (result == 0) result = journal_replay(&built.journal, count);
    journal_close(&built.journal);
    return result;
}

static bool home_has(uint32_t home, uint8_t fill)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (disk.bytes[home * BLOCK + i] != fill) return false;
    return true;
}

static void expect_replay(uint32_t wanted)
{
    uint32_t count;
    EXPECT(replay(&count) == 0);
    EXPECT(count == wanted);
    EXPECT(replay(&count) == 0 && count == 0); // it is empty after
}

TEST("transactions that are whole are replayed in order, one without its commit is not")
{
    static const uint32_t kinds[] = {0, JOURNAL_HAS_64BIT, JOURNAL_HAS_CSUM_2,
                                     JOURNAL_HAS_CSUM_3 | JOURNAL_HAS_64BIT};
    for (size_t i = 0; i < 4; i++) {
        begin(kinds[i], 1);
        write_block(HOME, 'a', 0);
        finish();
        write_block(HOME, 'b', 0);
        write_block(OTHER, 'c', 0);
        finish();
        write_block(OTHER, 'd', 0);
        EXPECT_ALL(expect_replay(2));
        EXPECT(home_has(HOME, 'b') && home_has(OTHER, 'c'));
    }
}

TEST("a journal goes on at its beginning")
{
    begin(JOURNAL_HAS_CSUM_3, LENGTH - 2);
    write_block(HOME, 'a', 0); // its descriptor and its block are the last two
    finish();
    write_block(OTHER, 'b', 0);
    finish();
    EXPECT_ALL(expect_replay(2));
    EXPECT(home_has(HOME, 'a') && home_has(OTHER, 'b'));
}

TEST("what was revoked is not written, but by later transactions")
{
    static const uint32_t kinds[] = {JOURNAL_HAS_REVOKE, JOURNAL_HAS_REVOKE | JOURNAL_HAS_64BIT,
                                     JOURNAL_HAS_REVOKE | JOURNAL_HAS_CSUM_3};
    for (size_t i = 0; i < 3; i++) {
        begin(kinds[i], 1);
        write_block(HOME, 'a', 0);
        write_block(OTHER, 'b', 0);
        finish();
        revoke_block(HOME);
        revoke_block(OTHER);
        finish();
        write_block(OTHER, 'c', 0);
        finish();
        EXPECT_ALL(expect_replay(3));
        EXPECT(home_has(HOME, '-') && home_has(OTHER, 'c'));
    }
}

TEST("a block that begins as the journal's own do is written with its beginning")
{
    begin(0, 1);
    write_block(HOME, 'a', TAG_ESCAPED);
    finish();
    EXPECT_ALL(expect_replay(1));
    uint32_t magic;
    memcpy(&magic, disk.bytes + HOME * BLOCK, sizeof magic);
    EXPECT(magic == big32(JOURNAL_MAGIC) && disk.bytes[HOME * BLOCK + 4] == 'a');
}

TEST("a transaction with a wrong checksum of its commit or descriptor ends the journal")
{
    begin(JOURNAL_HAS_CSUM_3, 1);
    write_block(HOME, 'a', 0);
    finish();
    write_block(HOME, 'b', 0);
    finish()[40] ^= 1;
    EXPECT_ALL(expect_replay(1));
    EXPECT(home_has(HOME, 'a'));
}

TEST("a damaged block of a whole transaction is refused, and nothing after it is written")
{
    uint32_t count;
    begin(JOURNAL_HAS_CSUM_3, 1);
    write_block(HOME, 'a', 0)[100] ^= 1;
    finish();
    write_block(OTHER, 'b', 0);
    finish();
    EXPECT(replay(&count) == -EUCLEAN);
    EXPECT(home_has(HOME, '-') && home_has(OTHER, '-'));
}

TEST("what is no journal, or one with unknown features, is refused")
{
    uint32_t count;
    begin(0x40, 1);
    EXPECT(replay(&count) == -EOPNOTSUPP);
    begin(0, 1);
    put32(log_block(0) + 4, JOURNAL_SUPER_1);
    EXPECT(replay(&count) == -EOPNOTSUPP);
    begin(0, 1);
    log_block(0)[0] ^= 1;
    EXPECT(replay(&count) == -EUCLEAN);
    begin(0, LENGTH + 3); // a beginning behind the end
    EXPECT(replay(&count) == -EUCLEAN);
}

TEST("a place beyond the disk is an error, not a write")
{
    uint32_t count;
    begin(JOURNAL_HAS_64BIT, 1);
    write_block(1ull << 40, 'a', 0);
    finish();
    EXPECT(replay(&count) < 0);
}
