// SPDX-License-Identifier: MIT
// Feeds the reader of partition tables with disks. An input is the disk's size in sectors (2 bytes;
// 0xffff: the largest there is), what is done for it (1 byte), and pieces that are written on the
// empty disk: the sector (1 byte, counted from the end when it is 128 or more), where in it (2),
// the size (1), and the bytes. Whatever is there: a partition that is told lies within the disk and
// shares no sector with another, none is told twice, and no list goes on for ever.
#include "lib/partition/partition.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : uint32_t {
    EDGE = 64,      // sectors at either end that can be written
    IS_SUMMED = 1,  // the sums of GPTs are made right
    HAS_SIGNS = 2,  // so are the marks of the sectors of an MBR
    HAS_DAMAGE = 4, // the last sector of the first edge cannot be read
    READS_MOST = 20'000,
};

static uint8_t first_edge[EDGE][PARTITION_SECTOR], last_edge[EDGE][PARTITION_SECTOR];
static uint64_t sectors;
static uint8_t manner;
static uint32_t reads, told_count;
static struct partition told[GPT_ENTRIES_MAX + MBR_COUNT * (LOGICAL_MAX + 1)];

static uint8_t *sector_at(uint64_t number)
{
    if (number < EDGE) return first_edge[number];
    return sectors - number <= EDGE ? last_edge[EDGE - (sectors - number)] : nullptr;
}

static bool disk_read(void *context, uint64_t first, void *to, uint32_t count)
{
    if (count != 1 || first >= sectors || ++reads > READS_MOST) abort();
    const uint8_t *from = sector_at(first);
    if ((manner & HAS_DAMAGE) && first == EDGE - 1) return false;
    memset(to, 0, PARTITION_SECTOR);
    if (from) memcpy(to, from, PARTITION_SECTOR);
    return true;
}

static void found(void *context, const struct partition *partition)
{
    uint64_t first = partition->first, count = partition->count;
    if (partition->number == 0 || count == 0 || first >= sectors || count > sectors - first)
        abort();
    if (told_count == sizeof told / sizeof *told) abort();
    for (uint32_t i = 0; i < told_count; i++) {
        if (first < told[i].first + told[i].count && told[i].first < first + count) abort();
    }
    told[told_count++] = *partition;
}

static void refused(void *context, const struct partition *partition, const char *why)
{
    if (why == nullptr) abort();
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> 8 * i);
}

// No input would guess them. As many entries as are at an edge: of others there are no sums.
static void sums_make(uint64_t at)
{
    uint8_t *header = sector_at(at);
    uint32_t size = read32(header + 12), count = read32(header + 80), each = read32(header + 84);
    uint32_t sum = 0;
    if (size > PARTITION_SECTOR || each == 0 || each > PARTITION_SECTOR) return;
    uint64_t entries = read64(header + 72);
    for (uint32_t i = 0; i < count && i < GPT_ENTRIES_MAX; i++) {
        uint64_t where = entries + i / (PARTITION_SECTOR / each);
        static const uint8_t nothing[PARTITION_SECTOR];
        if (where >= sectors || where < entries) return;
        const uint8_t *sector = sector_at(where);
        sum = crc32(sum, (sector ? sector : nothing) + i % (PARTITION_SECTOR / each) * each, each);
    }
    put32(header + 88, sum);
    put32(header + 16, 0);
    put32(header + 16, crc32(0, header, size));
}

static void disk_make(const uint8_t *input, size_t size)
{
    memset(first_edge, 0, sizeof first_edge);
    memset(last_edge, 0, sizeof last_edge);
    while (size >= 4) {
        uint64_t number = input[0] < 128 ? input[0] : sectors - (256 - input[0]);
        uint32_t at = (input[1] | (uint32_t)input[2] << 8) % PARTITION_SECTOR, count = input[3];
        input += 4;
        size -= 4;
        if (count > size) count = (uint32_t)size;
        uint8_t *sector = number < sectors ? sector_at(number) : nullptr;
        if (sector)
            memcpy(sector + at, input,
                   count < PARTITION_SECTOR - at ? count : PARTITION_SECTOR - at);
        input += count;
        size -= count;
    }
    for (uint32_t i = 0; i < EDGE && i < sectors && (manner & HAS_SIGNS); i++) {
        uint8_t *sector = sector_at(i);
        sector[MBR_SIGNATURE] = 0x55;
        sector[MBR_SIGNATURE + 1] = 0xaa;
    }
    if ((manner & IS_SUMMED) && sectors >= 2) {
        sums_make(1);
        sums_make(sectors - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    const struct partition_reader reader = {.read = disk_read, .found = found, .refused = refused};
    if (size < 3) return 0;
    sectors = input[0] | (uint64_t)input[1] << 8;
    if (sectors == UINT16_MAX) sectors = UINT64_MAX;
    manner = input[2];
    reads = told_count = 0;
    disk_make(input + 3, size - 3);
    struct partition_reader sized = reader;
    sized.sectors = sectors;
    if (partition_find(&sized) != told_count) abort();
    return 0;
}
