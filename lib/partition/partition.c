// SPDX-License-Identifier: MIT
// Reading partition tables: GPT where the first sector says so, from whichever copy is whole, else
// MBR.
#include <partition/partition.h>

#include <stdlib.h>
#include <string.h>

enum : uint32_t {
    MBR_ENTRIES = 446,
    MBR_ENTRY = 16,
    MBR_COUNT = 4,
    MBR_SIGNATURE = 510,
    KIND_PROTECTIVE = 0xee, // the table is a GPT
    GPT_HEADER = 92,
    GPT_ENTRIES_MAX = 1024,
    LOGICAL_MAX = 128, // links of a chain of extended partitions
    LOGICAL_FIRST = 5,
};

static uint32_t read32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t read64(const uint8_t *at)
{
    return read32(at) | (uint64_t)read32(at + 4) << 32;
}

static uint32_t crc32(uint32_t sum, const uint8_t *bytes, size_t size)
{
    sum = ~sum;
    for (size_t i = 0; i < size; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum;
}

struct table {
    const struct partition_reader *reader;
    struct partition *told;
    uint32_t count, capacity;
};

static bool remember(struct table *table, const struct partition *partition)
{
    if (table->count == table->capacity) {
        uint32_t capacity = table->capacity * 2 + 8;
        struct partition *more = realloc(table->told, capacity * sizeof *more);
        if (more == nullptr) return false;
        table->told = more;
        table->capacity = capacity;
    }
    table->told[table->count++] = *partition;
    return true;
}

static bool overlaps(const struct table *table, const struct partition *partition)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct partition *other = &table->told[i];
        if (partition->first < other->first + other->count &&
            other->first < partition->first + partition->count)
            return true;
    }
    return false;
}

struct bounds {
    uint64_t first, end; // sectors that a partition may have
};

static void tell(struct table *table, const struct partition *partition,
                 const struct bounds *bounds)
{
    const struct partition_reader *reader = table->reader;
    const char *why = nullptr;
    uint64_t first = partition->first, end = bounds->end;
    if (end > reader->sectors) end = reader->sectors;
    if (partition->count == 0) {
        why = "has no sectors";
    } else if (first < bounds->first || first >= end || partition->count > end - first) {
        why = "is out of range";
    } else if (overlaps(table, partition)) {
        why = "has sectors of another";
    } else if (!remember(table, partition)) {
        why = "is one too many";
    }
    if (why == nullptr) {
        reader->found(reader->context, partition);
    } else if (reader->refused) {
        reader->refused(reader->context, partition, why);
    }
}

struct gpt {
    uint64_t entries;
    uint32_t count, size, checksum;
    struct bounds usable;
};

static bool gpt_header(const struct partition_reader *reader, uint64_t at, struct gpt *gpt)
{
    uint8_t header[PARTITION_SECTOR];
    if (at >= reader->sectors || !reader->read(reader->context, at, header, 1)) return false;
    uint32_t size = read32(header + 12), told = read32(header + 16);
    if (memcmp(header, "EFI PART", 8) != 0 || size < GPT_HEADER || size > sizeof header)
        return false;
    memset(header + 16, 0, 4);
    if (crc32(0, header, size) != told || read64(header + 24) != at) return false;
    *gpt = (struct gpt){.entries = read64(header + 72),
                        .count = read32(header + 80),
                        .size = read32(header + 84),
                        .checksum = read32(header + 88),
                        .usable = {read64(header + 40), read64(header + 48)}};
    if (gpt->usable.end != UINT64_MAX) gpt->usable.end++; // it is the last one
    bool is_size =
        gpt->size >= 128 && gpt->size <= PARTITION_SECTOR && (gpt->size & (gpt->size - 1)) == 0;
    return is_size && gpt->count <= GPT_ENTRIES_MAX && gpt->entries < reader->sectors;
}

// Goes through the entries: to check them, or to tell of them.
static bool gpt_entries(const struct partition_reader *reader, const struct gpt *gpt,
                        struct table *table)
{
    uint8_t sector[PARTITION_SECTOR];
    static const uint8_t unused[16];
    uint32_t sum = 0, per_sector = PARTITION_SECTOR / gpt->size;
    for (uint32_t i = 0; i < gpt->count; i++) {
        uint64_t at = gpt->entries + i / per_sector;
        const uint8_t *entry = sector + i % per_sector * gpt->size;
        bool is_new = i % per_sector == 0;
        if (is_new && (at >= reader->sectors || !reader->read(reader->context, at, sector, 1)))
            return false;
        sum = crc32(sum, entry, gpt->size);
        if (table == nullptr || memcmp(entry, unused, sizeof unused) == 0) continue;
        uint64_t first = read64(entry + 32), last = read64(entry + 40);
        bool has_sectors = last >= first && last != UINT64_MAX;
        tell(table, &(struct partition){i + 1, first, has_sectors ? last - first + 1 : 0},
             &gpt->usable);
    }
    return sum == gpt->checksum;
}

static void gpt_find(struct table *table)
{
    const struct partition_reader *reader = table->reader;
    const uint64_t copies[2] = {1, reader->sectors - 1};
    for (int i = 0; i < 2; i++) {
        struct gpt gpt;
        if (!gpt_header(reader, copies[i], &gpt) || !gpt_entries(reader, &gpt, nullptr)) continue;
        if (gpt_entries(reader, &gpt, table)) return;
    }
}

static bool is_extended(uint8_t kind)
{
    return kind == 0x05 || kind == 0x0f || kind == 0x85;
}

// A chain: each link has a partition, relative to the link, and the next link, relative to the
// first.
static void extended_find(struct table *table, const struct bounds *bounds)
{
    const struct partition_reader *reader = table->reader;
    uint8_t sector[PARTITION_SECTOR];
    uint64_t link = bounds->first;
    for (uint32_t number = LOGICAL_FIRST; number < LOGICAL_FIRST + LOGICAL_MAX; number++) {
        if (link >= reader->sectors || !reader->read(reader->context, link, sector, 1)) break;
        if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa) break;
        const uint8_t *entry = sector + MBR_ENTRIES, *next = entry + MBR_ENTRY;
        struct partition logical = {number, link + read32(entry + 8), read32(entry + 12)};
        if (entry[4] != 0) tell(table, &logical, &(struct bounds){link + 1, bounds->end});
        if (!is_extended(next[4]) || read32(next + 8) == 0) break;
        link = bounds->first + read32(next + 8);
        if (link >= bounds->end) break;
    }
}

// A boot sector of FAT has the signature, and code where entries would be.
static bool is_table(const uint8_t *sector)
{
    if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa) return false;
    for (uint32_t i = 0; i < MBR_COUNT; i++) {
        if ((sector[MBR_ENTRIES + i * MBR_ENTRY] & 0x7f) != 0) return false;
    }
    return true;
}

static bool is_protective(const uint8_t *sector)
{
    for (uint32_t i = 0; i < MBR_COUNT; i++) {
        if (sector[MBR_ENTRIES + i * MBR_ENTRY + 4] == KIND_PROTECTIVE) return true;
    }
    return false;
}

static void mbr_find(struct table *table, const uint8_t *sector)
{
    for (uint32_t i = 0; i < MBR_COUNT; i++) {
        const uint8_t *entry = sector + MBR_ENTRIES + (size_t)i * MBR_ENTRY;
        struct partition primary = {i + 1, read32(entry + 8), read32(entry + 12)};
        if (entry[4] != 0 && !is_extended(entry[4]))
            tell(table, &primary, &(struct bounds){1, UINT64_MAX});
    }
    for (uint32_t i = 0; i < MBR_COUNT; i++) {
        const uint8_t *entry = sector + MBR_ENTRIES + (size_t)i * MBR_ENTRY;
        uint64_t first = read32(entry + 8);
        if (is_extended(entry[4]) && first != 0)
            extended_find(table, &(struct bounds){first, first + read32(entry + 12)});
    }
}

uint32_t partition_find(const struct partition_reader *reader)
{
    uint8_t sector[PARTITION_SECTOR];
    struct table table = {.reader = reader};
    if (reader->sectors < 2 || !reader->read(reader->context, 0, sector, 1)) return 0;
    if (!is_table(sector)) return 0;
    if (is_protective(sector)) {
        gpt_find(&table);
    } else {
        mbr_find(&table, sector);
    }
    free(table.told);
    return table.count;
}
