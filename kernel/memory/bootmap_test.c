// SPDX-License-Identifier: MIT
// The boot memory map: adding, carving, and the edges of both.
#include "kernel/memory/bootmap.h"
#include "kernel/list.h"
#include "test/unit.h"
#include <setjmp.h>
#include <stdarg.h>

static struct boot_memory entries[16];
static jmp_buf refusal;
static unsigned long refused;

void boot_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    refused = va_arg(arguments, unsigned long);
    va_end(arguments);
    longjmp(refusal, 1);
}

static struct bootmap empty(void)
{
    return (struct bootmap){.entry = entries, .capacity = 16};
}

// A source that tells a list.
struct list_source {
    struct bootmap_source source;
    const struct boot_memory *range;
    uint32_t count;
};

static void tell(const struct bootmap_source *self, struct bootmap_listener *listener)
{
    const struct list_source *list = CONTAINER(self, struct list_source, source);
    for (uint32_t i = 0; i < list->count; i++) listener->range(listener, list->range[i]);
}

#define SOURCE(list)                                                                               \
    (struct list_source)                                                                           \
    {                                                                                              \
        {tell}, list, sizeof list / sizeof *list                                                   \
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

TEST("a map of a machine with holes, memory above 4 GiB, and all kinds of ranges, in any order")
{
    static const struct boot_memory told[] = {
        {0x1'0000'0000, 0x4000'0000, BOOT_MEMORY_RAM, 0},
        {0xf'fc00, 0x400, BOOT_MEMORY_RESERVED, 0},
        {0x20'0000, 0x12'3456, BOOT_MEMORY_KERNEL, 0},
        {0x10'0000, 0x7ef'0000, BOOT_MEMORY_RAM, 0},
        {0x7ff'0000, 0x1'0000, BOOT_MEMORY_RECLAIMABLE, 0},
        {0, 0x9'fc00, BOOT_MEMORY_RAM, 0},
        {0x100'0000, 0x8001, BOOT_MEMORY_INITRD, 0},
        {0x5000, 0, BOOT_MEMORY_RESERVED, 0},
    };
    struct list_source list = SOURCE(told);
    struct bootmap map = empty();
    EXPECT(bootmap_capacity(&list.source, 2) == 4 * 8 + 4);
    bootmap_make(&map, &list.source);
    EXPECT(map.count == 8);
    EXPECT(is_entry(0, 0, 0x9'f000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(1, 0x10'0000, 0x10'0000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(2, 0x20'0000, 0x12'4000, BOOT_MEMORY_KERNEL));
    EXPECT(is_entry(3, 0x32'4000, 0xcd'c000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(4, 0x100'0000, 0x9000, BOOT_MEMORY_INITRD));
    EXPECT(is_entry(5, 0x100'9000, 0x6fe'7000, BOOT_MEMORY_RAM));
    EXPECT(is_entry(6, 0x7ff'0000, 0x1'0000, BOOT_MEMORY_RECLAIMABLE));
    EXPECT(is_entry(7, 0x1'0000'0000, 0x4000'0000, BOOT_MEMORY_RAM));
    EXPECT(bootmap_is(&map, 0x100'0000, 0x8001, BOOT_MEMORY_INITRD));
    EXPECT(!bootmap_is(&map, 0x100'0000, 0x9001, BOOT_MEMORY_INITRD));
    EXPECT(!bootmap_is(&map, 0x2'0000'0000, 1, BOOT_MEMORY_RAM));
    EXPECT(bootmap_has(&map, 0x20'0001, 0x20'0000) && bootmap_has(&map, 0x100'0000, 0x1'0000));
    EXPECT(!bootmap_has(&map, 0xf'ffff, 2) && !bootmap_has(&map, 0x7ff'0000, 0x1'0001));
}

TEST("where ranges overlap, what is in use wins, whoever comes first")
{
    static const struct boot_memory told[] = {
        {0x1'8000, 0x2'0000, BOOT_MEMORY_RESERVED, 0},
        {0x1'0000, 0x1'4000, BOOT_MEMORY_RAM, 0},
        {0x2'4000, 0x1'0000, BOOT_MEMORY_RAM, 0},
        {0x1'7000, 0x2000, BOOT_MEMORY_INITRD, 0},
        {0x1'8800, 0x1000, BOOT_MEMORY_KERNEL, 0},
        {0x1'5000, 0x1'0000, BOOT_MEMORY_RECLAIMABLE, 0},
        {UINT64_MAX - 0xfff, UINT64_MAX, BOOT_MEMORY_RESERVED, 0},
    };
    struct list_source list = SOURCE(told);
    struct bootmap map = empty();
    bootmap_make(&map, &list.source);
    EXPECT(bootmap_is(&map, 0x1'0000, 0x5000, BOOT_MEMORY_RAM));
    EXPECT(bootmap_is(&map, 0x1'5000, 0x2000, BOOT_MEMORY_RECLAIMABLE));
    EXPECT(bootmap_is(&map, 0x1'7000, 0x1000, BOOT_MEMORY_INITRD));
    EXPECT(bootmap_is(&map, 0x1'8000, 0x2000, BOOT_MEMORY_KERNEL));
    EXPECT(bootmap_is(&map, 0x1'a000, 0x1'a000, BOOT_MEMORY_RESERVED));
    for (uint32_t i = 1; i < map.count; i++)
        EXPECT(entries[i - 1].base + entries[i - 1].size <= entries[i].base);
}

static bool is_made(const struct list_source *list)
{
    struct bootmap map = empty();
    refused = 0;
    if (setjmp(refusal) != 0) return false;
    bootmap_make(&map, &list->source);
    return true;
}

TEST("a map that lists RAM twice is refused, at the first byte, whoever comes first")
{
    struct boot_memory told[] = {
        {0x10'0000, 0x10'0000, BOOT_MEMORY_RAM, 0},
        {0x20'0000, 0x10'0000, BOOT_MEMORY_RAM, 0},
        {0x1'0000'0000, 0, BOOT_MEMORY_RAM, 0},
        {0x18'0000, 0, BOOT_MEMORY_RAM, 0},
    };
    struct list_source list = SOURCE(told);
    EXPECT(is_made(&list));
    told[2].base = 0x10'0000;
    EXPECT(is_made(&list)); // it is empty
    told[0].size += 0x1000;
    EXPECT(!is_made(&list) && refused == 0x20'0000);
    told[0] = (struct boot_memory){0x1f'f000, 0x20'0000, BOOT_MEMORY_RAM, 0};
    EXPECT(!is_made(&list) && refused == 0x20'0000);
    told[0] = (struct boot_memory){0x28'0000, UINT64_MAX, BOOT_MEMORY_RAM, 0};
    EXPECT(!is_made(&list) && refused == 0x28'0000);
    told[0].kind = BOOT_MEMORY_RECLAIMABLE;
    EXPECT(is_made(&list));
}

TEST("a place is looked for before there is a map, clear of everything")
{
    static const struct boot_memory told[] = {
        {0x10'0000, 0x10'0000, BOOT_MEMORY_RAM, 0},
        {0x1'0000'0000, 0x10'0000, BOOT_MEMORY_RAM, 0},
        {0x1f'f800, 0x1000, BOOT_MEMORY_RESERVED, 0},
        {0x1f'c000, 0x1801, BOOT_MEMORY_KERNEL, 0},
        {0x1f'8000, 0x2000, BOOT_MEMORY_INITRD, 0},
    };
    struct list_source list = SOURCE(told);
    EXPECT(bootmap_place(&list.source, 0x1000, 1ull << 32) == 0x1f'e000);
    EXPECT(bootmap_place(&list.source, 0x1001, 1ull << 32) == 0x1f'a000);
    EXPECT(bootmap_place(&list.source, 0x2001, 1ull << 32) == 0x1f'5000);
    EXPECT(bootmap_place(&list.source, 0x1000, 0x1f'b000) == 0x1f'a000);
    EXPECT(bootmap_place(&list.source, 0x1000, UINT64_MAX) == 0x1'000f'f000);
    EXPECT(bootmap_place(&list.source, 0x20'0000, UINT64_MAX) == 0);
    EXPECT(bootmap_place(&list.source, UINT64_MAX - 0x1000, UINT64_MAX) == 0);
}

TEST("pages are taken from the top below a limit, and given back")
{
    struct bootmap map = empty();
    EXPECT(bootmap_add(&map, 0, 0x1000) && bootmap_add(&map, 0x10000, 0x10000));
    EXPECT(bootmap_take(&map, 0x1001, 0x1'8000, BOOT_MEMORY_KERNEL) == 0x1'6000);
    EXPECT(bootmap_is(&map, 0x1'6000, 0x2000, BOOT_MEMORY_KERNEL));
    EXPECT(bootmap_take(&map, 0x2'0000, UINT64_MAX, BOOT_MEMORY_KERNEL) == 0);
    EXPECT(bootmap_take(&map, 0x1000, 0x1000, BOOT_MEMORY_KERNEL) == 0); // not address 0
    EXPECT(bootmap_release(&map, 0x1'6000, 0x1000));
    EXPECT(bootmap_is(&map, 0x1'7000, 0x1000, BOOT_MEMORY_KERNEL));
    EXPECT(!bootmap_is(&map, 0x1'6000, 0x2000, BOOT_MEMORY_KERNEL));
    EXPECT(bootmap_is(&map, 0x1'0000, 0x7000, BOOT_MEMORY_RAM));
}
