// SPDX-License-Identifier: MIT
// The boot memory map: adding, carving, and the edges of both.
#include "kernel/memory/bootmap.h"
#include "test/unit.h"

static struct boot_memory entries[16];

static struct bootmap empty(void)
{
    return (struct bootmap){.entry = entries, .capacity = 16};
}

static bool is_entry(uint32_t i, uint64_t base, uint64_t size, uint32_t kind)
{
    return entries[i].base == base && entries[i].size == size && entries[i].kind == kind;
}

TEST("RAM is shrunk to whole pages and sorted")
{
    struct bootmap map = empty();
    EXPECT(bootmap_add(&map, 0x10001, 0x3000) && bootmap_add(&map, 0x1000, 0x1fff));
    EXPECT(bootmap_add(&map, 0x50001, 0x1ffe) && map.count == 2);
    EXPECT(is_entry(0, 0x1000, 0x1000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(1, 0x11000, 0x2000, BOOT_MEMORY_RAM));
}

TEST("RAM that is listed twice is listed once")
{
    struct bootmap map = empty();
    EXPECT(bootmap_add(&map, 0x4000, 0x2000) && bootmap_add(&map, 0x8000, 0x1000));
    EXPECT(bootmap_add(&map, 0x3000, 0x7000) && map.count == 5);
    EXPECT(is_entry(0, 0x3000, 0x1000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(2, 0x6000, 0x2000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(4, 0x9000, 0x1000, BOOT_MEMORY_RAM));
}

TEST("a range is carved out of the middle, grown to whole pages")
{
    struct bootmap map = empty();
    EXPECT(bootmap_add(&map, 0x10000, 0x10000));
    EXPECT(bootmap_carve(&map, 0x14800, 0x1000, BOOT_MEMORY_INITRD) && map.count == 3);
    EXPECT(is_entry(0, 0x10000, 0x4000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(1, 0x14000, 0x2000, BOOT_MEMORY_INITRD));
    EXPECT(is_entry(2, 0x16000, 0xa000, BOOT_MEMORY_RAM));
}

TEST("a range across several pieces takes what is RAM of each")
{
    struct bootmap map = empty();
    EXPECT(bootmap_add(&map, 0x10000, 0x2000) && bootmap_add(&map, 0x20000, 0x2000));
    EXPECT(bootmap_carve(&map, 0x11000, 0x10000, BOOT_MEMORY_RESERVED) && map.count == 4);
    EXPECT(is_entry(1, 0x11000, 0x1000, BOOT_MEMORY_RESERVED));
    EXPECT(is_entry(2, 0x20000, 0x1000, BOOT_MEMORY_RESERVED));
    EXPECT(bootmap_carve(&map, 0, UINT64_MAX, BOOT_MEMORY_KERNEL) && map.count == 4);
    EXPECT(is_entry(1, 0x11000, 0x1000, BOOT_MEMORY_RESERVED));
    EXPECT(is_entry(3, 0x21000, 0x1000, BOOT_MEMORY_KERNEL));
}

TEST("a full array is told and left in order")
{
    struct bootmap map = empty();
    map.capacity = 2;
    EXPECT(bootmap_add(&map, 0x10000, 0x10000));
    EXPECT(!bootmap_carve(&map, 0x14000, 0x1000, BOOT_MEMORY_KERNEL) && map.count == 1);
    EXPECT(bootmap_carve(&map, 0x10000, 0x1000, BOOT_MEMORY_KERNEL) && map.count == 2);
    EXPECT(!bootmap_add(&map, 0x50000, 0x1000));
}

TEST("ranges that wrap around do not")
{
    struct bootmap map = empty();
    EXPECT(bootmap_add(&map, UINT64_MAX - 0x1fff, UINT64_MAX) && map.count == 1);
    EXPECT(is_entry(0, UINT64_MAX - 0x1fff, 0x1000, BOOT_MEMORY_RAM));
    EXPECT(bootmap_carve(&map, UINT64_MAX - 0x1fff, UINT64_MAX, BOOT_MEMORY_RESERVED));
    EXPECT(map.count == 1 && entries[0].kind == BOOT_MEMORY_RESERVED);
}
