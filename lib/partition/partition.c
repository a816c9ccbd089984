// SPDX-License-Identifier: MIT
// Reading partition tables: GPT where the first sector says so, from whichever copy is whole, else
// MBR.
#include <partition/partition.h>

#include <string.h>

enum : uint32_t {
    MBR_ENTRIES = 446,
    MBR_ENTRY = 16,
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

static uint32_t tell(const struct partition_reader *reader, uint32_t number, uint64_t first,
                     uint64_t count)
{
    if (count == 0 || first == 0 || first >= reader->sectors) return 0;
    if (count > reader->sectors - first) return 0;
    struct partition partition = {.number = number, .first = first, .count = count};
    reader->found(reader->context, &partition);
    return 1;
}

struct gpt {
    uint64_t entries;
    uint32_t count, size, checksum;
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
                        .checksum = read32(header + 88)};
    bool is_size =
        gpt->size >= 128 && gpt->size <= PARTITION_SECTOR && (gpt->size & (gpt->size - 1)) == 0;
    return is_size && gpt->count <= GPT_ENTRIES_MAX && gpt->entries < reader->sectors;
}

// Goes through the entries: to check them, or to tell of them.
static bool gpt_entries(const struct partition_reader *reader, const struct gpt *gpt,
                        uint32_t *told)
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
        if (told == nullptr || memcmp(entry, unused, sizeof unused) == 0) continue;
        uint64_t first = read64(entry + 32), last = read64(entry + 40);
        if (last >= first && last != UINT64_MAX)
            *told += tell(reader, i + 1, first, last - first + 1);
    }
    return sum == gpt->checksum;
}

static uint32_t gpt_find(const struct partition_reader *reader)
{
    const uint64_t copies[2] = {1, reader->sectors - 1};
    for (int i = 0; i < 2; i++) {
        struct gpt gpt;
        uint32_t told = 0;
        if (!gpt_header(reader, copies[i], &gpt) || !gpt_entries(reader, &gpt, nullptr)) continue;
        if (gpt_entries(reader, &gpt, &told)) return told;
    }
    return 0;
}

static bool is_extended(uint8_t kind)
{
    return kind == 0x05 || kind == 0x0f || kind == 0x85;
}

// A chain: each link has a partition, relative to the link, and the next link, relative to the
// first.
static uint32_t extended_find(const struct partition_reader *reader, uint64_t start)
{
    uint8_t sector[PARTITION_SECTOR];
    uint64_t link = start;
    uint32_t told = 0;
    for (uint32_t number = LOGICAL_FIRST; number < LOGICAL_FIRST + LOGICAL_MAX; number++) {
        if (link >= reader->sectors || !reader->read(reader->context, link, sector, 1)) break;
        if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa) break;
        const uint8_t *entry = sector + MBR_ENTRIES, *next = entry + MBR_ENTRY;
        if (entry[4] != 0)
            told += tell(reader, number, link + read32(entry + 8), read32(entry + 12));
        if (!is_extended(next[4]) || read32(next + 8) == 0) break;
        link = start + read32(next + 8);
    }
    return told;
}

uint32_t partition_find(const struct partition_reader *reader)
{
    uint8_t sector[PARTITION_SECTOR];
    uint32_t told = 0;
    if (reader->sectors < 2 || !reader->read(reader->context, 0, sector, 1)) return 0;
    if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa) return 0;
    for (uint32_t i = 0; i < 4; i++) {
        if (sector[MBR_ENTRIES + i * MBR_ENTRY + 4] == KIND_PROTECTIVE) return gpt_find(reader);
    }
    for (uint32_t i = 0; i < 4; i++) {
        const uint8_t *entry = sector + MBR_ENTRIES + (size_t)i * MBR_ENTRY;
        // A boot sector of FAT has the signature, and code where entries would be.
        if ((entry[0] & 0x7f) != 0) return 0;
    }
    for (uint32_t i = 0; i < 4; i++) {
        const uint8_t *entry = sector + MBR_ENTRIES + (size_t)i * MBR_ENTRY;
        uint64_t first = read32(entry + 8);
        if (is_extended(entry[4]))
            told += extended_find(reader, first);
        else if (entry[4] != 0)
            told += tell(reader, i + 1, first, read32(entry + 12));
    }
    return told;
}
