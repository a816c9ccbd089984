// SPDX-License-Identifier: MIT
// Tables made by hand, whole and damaged.
#include <partition/partition.h>
#include <string.h>
#include "test/unit.h"

enum : uint32_t { SECTORS = 256 };

static uint8_t disk[SECTORS][PARTITION_SECTOR];
static struct partition found[16];
static uint32_t found_count;

static bool disk_read(void *context, uint64_t first, void *to, uint32_t count)
{
    if (first + count > SECTORS) return false;
    memcpy(to, disk[first], (size_t)count * PARTITION_SECTOR);
    return true;
}

static void note(void *context, const struct partition *partition)
{
    if (found_count < 16) found[found_count++] = *partition;
}

static uint32_t refused_number;
static const char *refused_why;

static void refuse(void *context, const struct partition *partition, const char *why)
{
    refused_number = partition->number;
    refused_why = why;
}

static uint32_t look(void)
{
    struct partition_reader reader = {
        .read = disk_read, .found = note, .refused = refuse, .sectors = SECTORS};
    refused_number = 0;
    found_count = 0;
    return partition_find(&reader);
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

static void entry(uint32_t sector, uint32_t index, uint8_t kind, const uint32_t place[2])
{
    uint8_t *at = disk[sector] + 446 + (size_t)index * 16;
    at[4] = kind;
    put32(at + 8, place[0]);
    put32(at + 12, place[1]);
    disk[sector][510] = 0x55;
    disk[sector][511] = 0xaa;
}

static uint32_t sum_of(const uint8_t *bytes, size_t size)
{
    uint32_t sum = ~0u;
    for (size_t i = 0; i < size; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum;
}

static void gpt_entry(uint32_t entries, uint32_t index, uint32_t from, uint32_t to)
{
    uint8_t *at = disk[entries] + (size_t)index * 128;
    at[0] = 1; // a kind
    put32(at + 32, from);
    put32(at + 40, to);
}

static void gpt_sign(uint32_t at, uint32_t entries)
{
    uint8_t *header = disk[at];
    memset(header, 0, PARTITION_SECTOR);
    memcpy(header, "EFI PART", 8);
    put32(header + 12, 92);
    put32(header + 24, at);
    put32(header + 40, 34);
    put32(header + 48, SECTORS - 34);
    put32(header + 72, entries);
    put32(header + 80, 4);
    put32(header + 84, 128);
    put32(header + 88, sum_of(disk[entries], 512));
    put32(header + 16, sum_of(header, 92));
}

static void gpt_make(uint32_t at, uint32_t entries)
{
    memset(disk[entries], 0, PARTITION_SECTOR);
    gpt_entry(entries, 0, 40, 99);
    gpt_sign(at, entries);
}

TEST("an MBR has primary partitions, and a chain of logical ones")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0x83, (const uint32_t[2]){8, 16});
    entry(0, 1, 0x05, (const uint32_t[2]){32, 100});
    entry(32, 0, 0x83, (const uint32_t[2]){1, 10});
    entry(32, 1, 0x05, (const uint32_t[2]){20, 20});
    entry(52, 0, 0x0b, (const uint32_t[2]){2, 9});
    EXPECT(look() == 3);
    EXPECT(found[0].number == 1 && found[0].first == 8 && found[0].count == 16);
    EXPECT(found[1].number == 5 && found[1].first == 33 && found[1].count == 10);
    EXPECT(found[2].number == 6 && found[2].first == 54 && found[2].count == 9);
}

TEST("a partition that leaves the disk is left out, and a chain that bites its tail ends")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0x83, (const uint32_t[2]){8, SECTORS});
    entry(0, 1, 0x05, (const uint32_t[2]){32, 100});
    entry(32, 1, 0x05, (const uint32_t[2]){4, 20});
    entry(36, 1, 0x05, (const uint32_t[2]){4, 20});
    EXPECT(look() == 0);
}

TEST("a GPT is believed when its sums are right, its copy when they are not")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0xee, (const uint32_t[2]){1, SECTORS - 1});
    gpt_make(1, 2);
    gpt_make(SECTORS - 1, SECTORS - 2);
    EXPECT(look() == 1 && found[0].first == 40 && found[0].count == 60);
    disk[1][40] ^= 1;
    EXPECT(look() == 1 && found[0].number == 1);
    disk[SECTORS - 2][32] ^= 1;
    EXPECT(look() == 0);
}

TEST("a disk without a table has no partitions")
{
    memset(disk, 0, sizeof disk);
    EXPECT(look() == 0);
}

TEST("what overlaps one before it is refused, and told")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0x83, (const uint32_t[2]){8, 16});
    entry(0, 1, 0x83, (const uint32_t[2]){23, 10});
    entry(0, 2, 0x83, (const uint32_t[2]){24, 10});
    EXPECT(look() == 2);
    EXPECT(found[0].number == 1 && found[1].number == 3);
    EXPECT(refused_number == 2 && strcmp(refused_why, "has sectors of another") == 0);
}

TEST("a logical partition that leaves the extended one, or has a primary one's sectors, is refused")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0x05, (const uint32_t[2]){32, 40});
    entry(0, 1, 0x83, (const uint32_t[2]){60, 100}); // overlaps the extended one
    entry(32, 0, 0x83, (const uint32_t[2]){1, 10});
    entry(32, 1, 0x05, (const uint32_t[2]){20, 20});
    entry(52, 0, 0x83, (const uint32_t[2]){1, 10}); // has some of those
    entry(52, 1, 0x05, (const uint32_t[2]){30, 10});
    entry(62, 0, 0x83, (const uint32_t[2]){1, 20});
    EXPECT(look() == 2);
    EXPECT(found[0].number == 2 && found[1].number == 5 && refused_number == 7);
    EXPECT(strcmp(refused_why, "is out of range") == 0);
}

TEST("of a GPT, only what it calls usable is a partition's, and each sector only one's")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0xee, (const uint32_t[2]){1, SECTORS - 1});
    gpt_entry(2, 0, 33, 50); // begins before
    gpt_entry(2, 1, 34, SECTORS - 34);
    gpt_entry(2, 2, 60, 60); // within the other
    gpt_entry(2, 3, 100, 99);
    gpt_sign(1, 2);
    EXPECT(look() == 1 && found[0].number == 2 && found[0].count == SECTORS - 67);
    EXPECT(refused_number == 4 && strcmp(refused_why, "has no sectors") == 0);
}

TEST("a GPT without the MBR that protects it is none, and one beside other partitions counts alone")
{
    memset(disk, 0, sizeof disk);
    gpt_make(1, 2);
    EXPECT(look() == 0);
    entry(0, 0, 0x83, (const uint32_t[2]){8, 16});
    entry(0, 3, 0xee, (const uint32_t[2]){1, SECTORS - 1});
    EXPECT(look() == 1 && found[0].first == 40);
}

TEST("a GPT that says it is elsewhere, with odd sizes, or that cannot be read is not believed")
{
    memset(disk, 0, sizeof disk);
    entry(0, 0, 0xee, (const uint32_t[2]){1, SECTORS - 1});
    gpt_make(3, 2);
    memcpy(disk[1], disk[3], PARTITION_SECTOR);
    EXPECT(look() == 0);
    gpt_make(1, 2);
    put32(disk[1] + 84, 96);
    put32(disk[1] + 16, 0);
    put32(disk[1] + 16, sum_of(disk[1], 92));
    EXPECT(look() == 0);
    gpt_make(1, 2);
    put32(disk[1] + 72, SECTORS + 5);
    put32(disk[1] + 16, 0);
    put32(disk[1] + 16, sum_of(disk[1], 92));
    EXPECT(look() == 0);
}
