// SPDX-License-Identifier: MIT
// The buddy allocator over several small ranges, some of them covered by other entries of the map.
#include "kernel/memory/page.h"
#include "kernel/object/reap.h"
#include "test/unit.h"
#include <arch/arch.h>
#include <string.h>

enum : uint64_t { BASE = NONE_RAM_BASE };

static struct boot_memory map[] = {
    {BASE + 0x10'0800, 0x7f'f000, BOOT_MEMORY_RAM, 0}, // begins and ends inside of pages
    {BASE + 0x20'0000, 0x2800, BOOT_MEMORY_KERNEL, 0},
    {BASE + 0x30'0000, 0x5000, BOOT_MEMORY_RESERVED, 0},
    {BASE + 0x100'0000, 0x40'0000, BOOT_MEMORY_RAM, 0},
    {BASE + 0x120'0000, 0x1800, BOOT_MEMORY_INITRD, 0},
    {BASE + 0x200'0000, 0x1000, BOOT_MEMORY_RAM, 0},
};
static const struct bootinfo info = {.memory = map, .memory_count = sizeof map / sizeof *map};

static void setup(void)
{
    none_reset();
    page_init(&info);
}

static bool is_usable(uint64_t at)
{
    bool usable = false;
    for (size_t i = 0; i < info.memory_count; i++) {
        bool inside = at + PAGE_SIZE > map[i].base && at < map[i].base + map[i].size;
        if (inside && map[i].kind != BOOT_MEMORY_RAM) return false;
        if (at >= map[i].base && at + PAGE_SIZE <= map[i].base + map[i].size) usable = true;
    }
    return usable;
}

TEST("every page of free RAM is given out once, and no other")
{
    setup();
    static uint8_t seen[NONE_RAM_SIZE / PAGE_SIZE];
    memset(seen, 0, sizeof seen);
    uint64_t count = 0, free = page_free_count();
    for (struct page *page; (page = page_allocate(0, 0)); count++) {
        uint64_t at = page_physical(page);
        EXPECT(is_usable(at) && !seen[(at - BASE) / PAGE_SIZE]++);
        EXPECT(page_of(at) == page && page_of(at + PAGE_SIZE - 1) == page);
    }
    EXPECT(count == free && page_free_count() == 0 && free > 2900);
}

static uint64_t longest_run(void)
{
    for (uint64_t count = 4096; count > 0; count--) {
        struct page *run = page_run_allocate(count, 0);
        if (run == nullptr) continue;
        page_run_free(run, count);
        return count;
    }
    return 0;
}

TEST("what is freed joins again to the largest blocks")
{
    setup();
    uint64_t free = page_free_count();
    struct page *all[4096];
    size_t count = 0;
    while ((all[count] = page_allocate(0, 0))) count++;
    EXPECT(page_allocate(1, 0) == nullptr);
    for (size_t i = 0; i < count; i++) // in an order that mixes neighbours
        page_free(all[i * 1009 % count], 0);
    EXPECT(count % 1009 != 0 && page_free_count() == free);
    uint64_t longest = longest_run(); // some pages are at hand for single ones
    while (reap_step()) continue;
    EXPECT(longest_run() > longest);
    struct page *large = page_run_allocate(512, 0);
    EXPECT(large != nullptr && page_physical(large) % (PAGE_SIZE << 9) == 0);
    page_run_free(large, 512);
    EXPECT(page_free_count() == free);
}

TEST("a run that no block holds is joined of several, and what is beside it stays free")
{
    enum : uint64_t { COUNT = 1022 }; // and no block of 512 in it
    setup();
    struct page *first = page_of(BASE + 0x40'1000);
    while (page_allocate(0, 0) != nullptr) continue;
    page_run_free(first, COUNT);
    EXPECT(page_run_allocate(COUNT + 1, 0) == nullptr && page_free_count() == COUNT);
    struct page *run = page_run_allocate(600, 0);
    EXPECT(run >= first && run + 600 <= first + COUNT && page_free_count() == COUNT - 600);
    for (uint32_t i = 0; i < 600; i++) page_claim(run + i);
    for (uint32_t i = 0; i < 600; i++) page_put(run + i);
    while (reap_step()) continue;
    EXPECT(page_run_allocate(COUNT, 0) == first && page_free_count() == 0);
}

TEST("a run of any length is given out whole, claimed page by page, and comes back in pieces")
{
    setup();
    uint64_t free = page_free_count();
    struct page *run = page_run_allocate(300, PAGE_BELOW_4G);
    EXPECT(run != nullptr && free - page_free_count() == 300);
    for (uint32_t i = 0; i < 7; i++) {
        page_claim(run + i);
        EXPECT(page_physical(run + i) == page_physical(run) + (uint64_t)i * PAGE_SIZE);
        page_put(run + i);
    }
    page_run_free(run + 7, 293);
    EXPECT(page_free_count() == free);
    EXPECT(page_run_allocate(1ull << 40, 0) == nullptr && page_free_count() == free);
}

TEST("blocks are aligned, disjoint and zeroed when asked for")
{
    setup();
    for (uint32_t order = 0; order <= PAGE_ALLOCATE_ORDER_MAX; order++) {
        struct page *a = page_allocate(order, PAGE_ZERO), *b = page_allocate(order, PAGE_ZERO);
        EXPECT(a != nullptr && b != nullptr);
        uint64_t size = (uint64_t)PAGE_SIZE << order;
        EXPECT(page_physical(a) % size == 0 && page_physical(b) % size == 0);
        for (uint64_t i = 0; i < size; i++) EXPECT(((uint8_t *)page_address(a))[i] == 0);
        memset(page_address(a), 0xaa, size);
        for (uint64_t i = 0; i < size; i++) EXPECT(((uint8_t *)page_address(b))[i] == 0);
        page_free(a, order);
        page_free(b, order);
    }
}

TEST("a shared page is free when the last reference goes")
{
    setup();
    uint64_t free = page_free_count();
    struct page *page = page_allocate(0, 0);
    page_get(page);
    page_put(page);
    EXPECT(page_free_count() == free - 1);
    page_put(page);
    EXPECT(page_free_count() == free);
}

TEST("the initrd's pages are kept and can be given back")
{
    setup();
    uint64_t free = page_free_count();
    struct page *page = page_of(BASE + 0x120'0000);
    EXPECT(page != nullptr && page->state == PAGE_USED && page->references == 1);
    page_put(page);
    EXPECT(page_free_count() == free + 1);
    EXPECT(page_range_is_managed(BASE + 0x200'0fff, 1));
    EXPECT(!page_range_is_managed(BASE + 0x200'1000, 0x1000) && page_of(BASE) == nullptr);
}

struct thing {
    uint64_t a[13];
};

TEST("slabs give aligned, zeroed, distinct objects and all pages back but one")
{
    setup();
    struct slab slab;
    uint64_t free = page_free_count();
    slab_init(&slab, "things", sizeof(struct thing));
    static struct thing *all[1000];
    for (size_t i = 0; i < 1000; i++) {
        all[i] = slab_allocate(&slab);
        EXPECT(all[i] != nullptr && (uintptr_t)all[i] % 16 == 0);
        for (int j = 0; j < 13; j++) EXPECT(all[i]->a[j] == 0);
        memset(all[i], (int)i | 1, sizeof(struct thing));
    }
    for (size_t i = 0; i < 1000; i++) EXPECT(((uint8_t *)all[i])[5] == (uint8_t)(i | 1));
    EXPECT(slab.used == 1000);
    for (size_t i = 0; i < 1000; i++) slab_free(&slab, all[i * 7 % 1000]);
    EXPECT(slab.used == 0 && page_free_count() == free - (1u << slab.order));
    EXPECT(slab_allocate(&slab) != nullptr);
}

TEST("objects of whole cache lines are aligned to them, and large ones find a block")
{
    setup();
    struct slab lines, large;
    slab_init(&lines, "lines", 512);
    slab_init(&large, "large", 5000);
    for (int i = 0; i < 20; i++) {
        EXPECT((uintptr_t)slab_allocate(&lines) % 64 == 0);
        memset(slab_allocate(&large), 1, 5000);
    }
}
