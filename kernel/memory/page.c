// SPDX-License-Identifier: MIT
// The buddy allocator. RAM is a sorted table of ranges, each with an array of struct page of its
// own, all carved out of the largest free run at boot. Free blocks hang in a list per order and
// zone; a zone is what is below 4 GiB, for devices with short addresses, or above. Single pages
// pass through a stack per CPU, which is filled with a small block when it is empty. What lies in
// the stacks goes back to its blocks when a large one is wanted and not there, by the reaper.
#include "kernel/memory/page.h"
#include "kernel/log.h"
#include "kernel/memory/clear.h"
#include "kernel/object/reap.h"
#include "kernel/schedule/cpu.h"
#include "kernel/string.h"
#include <arch/arch.h>

struct page_range {
    uint64_t first, count; // page numbers
    struct page *pages;
};

enum zone { ZONE_LOW, ZONE_HIGH, ZONE_COUNT };
enum : uint32_t { FILL_ORDER = 3, CACHE_MAX = 16, DRAIN_STEP = 4 };
enum : uint64_t { LOW_END = (4ull << 30) >> PAGE_SHIFT };

static struct page_range *ranges;
static uint32_t range_count;
static struct list free_blocks[ZONE_COUNT][PAGE_ORDER_MAX + 1];
static uint32_t free_orders[ZONE_COUNT]; // bit n: there are blocks of order n
static uint64_t free_count, total_count;
static struct reap drain;

static bool range_has(const struct page_range *range, uint64_t number)
{
    return number - range->first < range->count;
}

// Mostly the one that was asked for before.
static struct page_range *range_of(uint64_t number)
{
    static uint32_t recent;
    if (recent < range_count && range_has(&ranges[recent], number)) return &ranges[recent];
    uint32_t low = 0, high = range_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (number < ranges[middle].first)
            high = middle;
        else if (!range_has(&ranges[middle], number))
            low = middle + 1;
        else
            return &ranges[recent = middle];
    }
    return nullptr;
}

static uint64_t page_number(const struct page *page)
{
    const struct page_range *range = &ranges[page->range];
    return range->first + (uint64_t)(page - range->pages);
}

uint64_t page_physical(const struct page *page)
{
    return page_number(page) << PAGE_SHIFT;
}

struct page *page_of(uint64_t physical)
{
    uint64_t number = physical >> PAGE_SHIFT;
    struct page_range *range = range_of(number);
    return range == nullptr ? nullptr : &range->pages[number - range->first];
}

void *page_address(const struct page *page)
{
    return arch_physical_to_virtual(page_physical(page));
}

bool page_range_is_managed(uint64_t physical, uint64_t size)
{
    if (size == 0) return false;
    uint64_t first = physical >> PAGE_SHIFT, last = (physical + size - 1) >> PAGE_SHIFT;
    for (uint32_t i = 0; i < range_count; i++) {
        if (ranges[i].first <= last && first < ranges[i].first + ranges[i].count) return true;
    }
    return false;
}

static enum zone zone_of(uint64_t number)
{
    return number < LOW_END ? ZONE_LOW : ZONE_HIGH;
}

static void block_link(struct page *page, enum zone zone, uint32_t order)
{
    page->state = PAGE_FREE;
    page->order = (uint8_t)order;
    list_prepend(&free_blocks[zone][order], &page->node);
    free_orders[zone] |= 1u << order;
}

static void block_unlink(struct page *page, enum zone zone)
{
    ASSERT(page->state == PAGE_FREE && free_orders[zone] >> page->order & 1);
    list_remove(&page->node);
    page->state = PAGE_USED; // inside of a block from now on, like every page but the first
    if (list_is_empty(&free_blocks[zone][page->order])) free_orders[zone] &= ~(1u << page->order);
}

// Gives a block back, joined with its buddy as long as that is free too.
static void block_free(struct page *page, uint32_t order)
{
    struct page_range *range = &ranges[page->range];
    ASSERT(order <= PAGE_ORDER_MAX && page->state != PAGE_FREE);
    uint64_t number = page_number(page);
    enum zone zone = zone_of(number);
    page->state = PAGE_USED;
    for (; order < PAGE_ORDER_MAX; order++) {
        uint64_t other = number ^ (1ull << order);
        if (other < range->first || other - range->first >= range->count) break;
        struct page *buddy = &range->pages[other - range->first];
        if (buddy->state != PAGE_FREE || buddy->order != order) break;
        block_unlink(buddy, zone);
        if (other < number) number = other;
    }
    page = &range->pages[number - range->first];
    page->references = 0;
    block_link(page, zone, order);
}

static struct page *block_take(enum zone zone, uint32_t order)
{
    uint32_t fit = free_orders[zone] >> order << order;
    if (fit == 0) return nullptr;
    uint32_t size = (uint32_t)__builtin_ctz(fit);
    struct list_node *node = list_first(&free_blocks[zone][size]);
    struct page *page = CONTAINER(node, struct page, node);
    ASSERT(page->order == size);
    block_unlink(page, zone);
    while (size > order) {
        size--;
        block_link(page + (1u << size), zone, size);
    }
    return page;
}

static struct page *block_find(uint32_t order, uint32_t flags)
{
    struct page *page = flags & PAGE_BELOW_4G ? nullptr : block_take(ZONE_HIGH, order);
    return page != nullptr ? page : block_take(ZONE_LOW, order);
}

// The stack of single pages of a CPU is linked through node.next.
static inline struct page *cache_pop(struct cpu *cpu)
{
    struct page *page = cpu->page_cache;
    if (page == nullptr) return nullptr;
    cpu->page_cache = (struct page *)page->node.next;
    cpu->page_cached--;
    return page;
}

static inline void cache_push(struct cpu *cpu, struct page *page)
{
    page->state = PAGE_CACHED;
    page->node.next = (struct list_node *)cpu->page_cache;
    cpu->page_cache = page;
    cpu->page_cached++;
}

// Puts one block on the empty stack: the smallest there is, so that large ones stay whole, or a
// part of it. In reverse, so that its pages are given out in the order of their addresses.
static bool cache_fill(struct cpu *cpu)
{
    enum zone zone = free_orders[ZONE_HIGH] != 0 ? ZONE_HIGH : ZONE_LOW;
    if (free_orders[zone] == 0) return false;
    uint32_t order = (uint32_t)__builtin_ctz(free_orders[zone]);
    if (order > FILL_ORDER) order = FILL_ORDER;
    struct page *page = block_take(zone, order);
    for (uint32_t i = 1u << order; i > 0; i--) cache_push(cpu, page + i - 1);
    return true;
}

// The next CPU from `cpu` on whose stack has a page.
static struct cpu *cache_next(struct cpu *cpu)
{
    while (cpu != nullptr && cpu->page_cached == 0) cpu = cpu->next;
    return cpu;
}

static bool drain_step(struct reap *)
{
    struct cpu *cpu = cpu_list;
    for (uint32_t i = 0; i < DRAIN_STEP; i++) {
        cpu = cache_next(cpu);
        if (cpu == nullptr) return true;
        block_free(cache_pop(cpu), 0);
    }
    return cache_next(cpu) == nullptr;
}

static struct page *single_find(void)
{
    struct cpu *cpu = arch_cpu();
    struct page *page = cache_pop(cpu);
    if (page != nullptr) [[clang::likely]]
        return page;
    if (!cache_fill(cpu)) cpu = cache_next(cpu_list); // what others keep
    return cpu == nullptr ? nullptr : cache_pop(cpu);
}

static struct page *page_find(uint32_t order, uint32_t flags)
{
    if (order == 0 && !(flags & PAGE_BELOW_4G)) return single_find();
    struct page *page = block_find(order, flags);
    // Single pages that are kept may complete a block: the second try will find it.
    if (page == nullptr && cache_next(cpu_list) != nullptr) reap_add(&drain);
    return page;
}

void page_claim(struct page *page)
{
    page->state = PAGE_USED;
    page->references = 1;
    page->is_fetchable = false;
    list_node_init(&page->node);
}

struct page *page_allocate(uint32_t order, uint32_t flags)
{
    ASSERT(order <= PAGE_ALLOCATE_ORDER_MAX);
    struct page *page = page_find(order, flags);
    if (page == nullptr) {
        reap_want();
        return nullptr;
    }
    free_count -= 1u << order;
    for (uint32_t i = 0; i < 1u << order; i++) page_claim(page + i);
    if (flags & PAGE_ZERO) page_clear(page_address(page), (size_t)PAGE_SIZE << order);
    return page;
}

void page_free(struct page *page, uint32_t order)
{
    ASSERT(page->state == PAGE_USED && page->references <= 1);
    free_count += 1u << order;
    if (order > 0) {
        block_free(page, order);
        return;
    }
    struct cpu *cpu = arch_cpu();
    if (cpu->page_cached < CACHE_MAX)
        cache_push(cpu, page);
    else
        block_free(page, 0);
}

// What is free around a free block, as far as it is wanted: blocks are in ascending order up to the
// largest of them and descending behind it, so there are few.
static uint64_t run_around(const struct page_range *range, uint64_t count, uint64_t *first)
{
    const struct page *pages = range->pages;
    uint64_t start = *first - range->first, end = start;
    while (end < range->count && end - start < count && pages[end].state == PAGE_FREE)
        end += 1ull << pages[end].order;
    for (uint32_t order = 0; order <= PAGE_ORDER_MAX && end - start < count;) {
        uint64_t size = 1ull << order, number = range->first + start;
        if (number & (size - 1) || size > start) break;
        const struct page *left = &pages[start - size];
        bool is_there = left->state == PAGE_FREE && left->order == order;
        start -= is_there ? size : 0;
        order = is_there ? 0 : order + 1;
    }
    *first = range->first + start;
    return end - start;
}

// Takes all blocks of [first, first + count), of which the last may end behind it.
static struct page *run_take(struct page_range *range, uint64_t first, uint64_t count)
{
    struct page *page = &range->pages[first - range->first], *at = page;
    uint64_t taken = 0;
    for (uint64_t size; taken < count; taken += size, at += size) {
        size = 1ull << at->order;
        block_unlink(at, zone_of(first + taken));
    }
    free_count -= taken;
    page_run_free(page + count, taken - count);
    return page;
}

// A run that no block holds: it has one of half the size in it, or of a quarter. Some of them are
// looked at.
static struct page *run_join(uint64_t count, uint32_t order, uint32_t flags)
{
    enum : uint32_t { TRIES = 8 };
    enum zone zone = flags & PAGE_BELOW_4G ? ZONE_LOW : ZONE_COUNT - 1;
    for (;; zone--) {
        for (uint32_t size = order; size-- > 0 && size + 2 >= order;) {
            struct list *blocks = &free_blocks[zone][size];
            struct list_node *node = blocks->head.next;
            for (uint32_t i = 0; i < TRIES && node != &blocks->head; i++, node = node->next) {
                struct page *page = CONTAINER(node, struct page, node);
                uint64_t first = page_number(page);
                struct page_range *range = &ranges[page->range];
                if (run_around(range, count, &first) < count) continue;
                if (zone_of(first + count - 1) <= zone) return run_take(range, first, count);
            }
        }
        if (zone == ZONE_LOW) return nullptr;
    }
}

struct page *page_run_allocate(uint64_t count, uint32_t flags)
{
    uint32_t order = 0;
    while (order < PAGE_ORDER_MAX && 1ull << order < count) order++;
    bool is_block = 1ull << order >= count;
    ASSERT(count > 0);
    struct page *page = is_block ? page_find(order, flags & ~PAGE_ZERO) : nullptr;
    if (page != nullptr) {
        free_count -= 1ull << order;
        page_run_free(page + count, (1ull << order) - count);
        return page;
    }
    if (is_block) page = run_join(count, order, flags);
    if (page != nullptr) return page;
    reap_add(&drain); // behind what else is to be freed, whose last pages are kept for single ones
    reap_want();
    return nullptr;
}

// In the largest blocks that fit.
void page_run_free(struct page *page, uint64_t count)
{
    uint64_t number = count == 0 ? 0 : page_number(page);
    free_count += count;
    while (count > 0) {
        uint32_t order = PAGE_ORDER_MAX;
        while (number & ((1ull << order) - 1) || count < 1ull << order) order--;
        page->state = PAGE_USED;
        block_free(page, order);
        page += 1ull << order;
        number += 1ull << order;
        count -= 1ull << order;
    }
}

void page_get(struct page *page)
{
    ASSERT(page->state == PAGE_USED && page->references > 0 && page->references < UINT32_MAX);
    page->references++;
}

void page_put(struct page *page)
{
    ASSERT(page->state == PAGE_USED && page->references > 0);
    if (page->references == 1)
        page_free(page, 0);
    else
        page->references--;
}

uint64_t page_free_count(void)
{
    return free_count;
}

uint64_t page_total_count(void)
{
    return total_count;
}

// --- Boot ---------------------------------------------------------------

// A run of RAM: [base, end). Whole pages.
struct run {
    uint64_t base, end;
};

static bool entry_is_initrd(const struct boot_memory *entry)
{
    return entry->kind == BOOT_MEMORY_INITRD || entry->kind == BOOT_MEMORY_INITRD_FLASH;
}

static bool entry_is_managed(const struct boot_memory *entry)
{
    return entry->kind == BOOT_MEMORY_RAM || entry_is_initrd(entry);
}

static uint64_t round_down(uint64_t value)
{
    return value & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t round_up(uint64_t value)
{
    return round_down(value + PAGE_SIZE - 1);
}

static struct run entry_run(const struct boot_memory *entry)
{
    struct run run = {entry->base, entry->base + entry->size};
    if (entry->kind == BOOT_MEMORY_RAM)
        return (struct run){round_up(run.base), round_down(run.end)};
    return (struct run){round_down(run.base), round_up(run.end)};
}

// The first run of usable RAM that ends above `from`: RAM entries count only where no other entry
// covers them, because maps of real machines overlap. False: there is none.
static bool run_next(const struct bootinfo *info, uint64_t from, struct run *found)
{
    *found = (struct run){UINT64_MAX, UINT64_MAX};
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct run run = entry_run(&info->memory[i]);
        if (info->memory[i].kind != BOOT_MEMORY_RAM) continue;
        if (run.base < from) run.base = from;
        for (uint32_t j = 0; j < info->memory_count; j++) { // j: past what covers the start
            struct run other = entry_run(&info->memory[j]);
            if (info->memory[j].kind == BOOT_MEMORY_RAM) continue;
            if (other.base > run.base || other.end <= run.base) continue;
            run.base = other.end;
            j = UINT32_MAX; // begin again
        }
        for (uint32_t j = 0; j < info->memory_count; j++) { // up to what comes next
            struct run other = entry_run(&info->memory[j]);
            if (info->memory[j].kind == BOOT_MEMORY_RAM) continue;
            if (other.base >= run.base && other.base < run.end) run.end = other.base;
        }
        if (run.base < run.end && run.base < found->base) *found = run;
    }
    return found->base != UINT64_MAX;
}

// The lowest managed range that begins at or above `from`, with all entries that touch or overlap
// joined.
static bool range_next(const struct bootinfo *info, uint64_t from, struct run *found)
{
    *found = (struct run){UINT64_MAX, 0};
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct run run = entry_run(&info->memory[i]);
        if (!entry_is_managed(&info->memory[i]) || run.base >= run.end) continue;
        if (run.end > from && run.base < found->base) *found = run;
    }
    if (found->base == UINT64_MAX) return false;
    for (bool grown = true; grown;) {
        grown = false;
        for (uint32_t i = 0; i < info->memory_count; i++) {
            struct run run = entry_run(&info->memory[i]);
            if (!entry_is_managed(&info->memory[i]) || run.base >= run.end) continue;
            if (run.base > found->end || run.end <= found->end) continue;
            found->end = run.end;
            grown = true;
        }
    }
    return true;
}

// Takes the arrays out of the end of the largest run, and returns what it took.
static struct run arrays_place(const struct bootinfo *info)
{
    struct run run, largest = {0};
    uint64_t pages = 0;
    for (uint64_t from = 0; range_next(info, from, &run); from = run.end) {
        pages += (run.end - run.base) >> PAGE_SHIFT;
        range_count++;
    }
    if (range_count > UINT16_MAX) boot_refuse("the memory map has too many ranges");
    uint64_t size = round_up(range_count * sizeof *ranges + pages * sizeof(struct page));
    for (uint64_t from = 0; run_next(info, from, &run); from = run.end) {
        if (run.end - run.base > largest.end - largest.base) largest = run;
    }
    if (largest.end - largest.base < size)
        boot_refuse("too little memory: 0x%lx bytes in one piece are wanted", (unsigned long)size);
    struct run taken = {largest.end - size, largest.end};
    uint8_t *at = arch_physical_to_virtual(taken.base);
    memset(at, 0, size);
    ranges = (struct page_range *)at;
    struct page *next = (struct page *)(at + range_count * sizeof *ranges);
    uint64_t from = 0;
    for (uint32_t i = 0; range_next(info, from, &run); i++, from = run.end) {
        uint64_t count = (run.end - run.base) >> PAGE_SHIFT;
        ranges[i] = (struct page_range){run.base >> PAGE_SHIFT, count, next};
        for (uint64_t j = 0; j < count; j++)
            next[j] = (struct page){.range = (uint16_t)i, .references = 1};
        next += count;
    }
    return taken;
}

void page_init(const struct bootinfo *info)
{
    free_count = total_count = range_count = 0;
    arch_cpu()->page_cache = nullptr;
    arch_cpu()->page_cached = 0;
    reap_init(&drain, drain_step);
    for (uint32_t zone = 0; zone < ZONE_COUNT; zone++) {
        free_orders[zone] = 0;
        for (uint32_t order = 0; order <= PAGE_ORDER_MAX; order++)
            list_init(&free_blocks[zone][order]);
    }
    struct run taken = arrays_place(info), run;
    for (uint64_t from = 0; run_next(info, from, &run); from = run.end) {
        struct run rest = run;
        if (run.end == taken.end) rest.end = taken.base;
        total_count += (run.end - run.base) >> PAGE_SHIFT;
        page_run_free(page_of(rest.base), (rest.end - rest.base) >> PAGE_SHIFT);
    }
    for (uint32_t i = 0; i < info->memory_count; i++) {
        if (!entry_is_initrd(&info->memory[i])) continue;
        run = entry_run(&info->memory[i]);
        for (uint64_t at = run.base; at < run.end; at += PAGE_SIZE) page_of(at)->state = PAGE_USED;
        if (info->memory[i].kind == BOOT_MEMORY_INITRD)
            total_count += (run.end - run.base) >> PAGE_SHIFT;
    }
    ASSERT(free_count <= total_count);
}
