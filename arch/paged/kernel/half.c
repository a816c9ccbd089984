// SPDX-License-Identifier: MIT
// The kernel's half of the address space: the image by its protections, all of RAM, and device
// registers. Tables come from the image's pool first, then off the top of a piece of RAM that is
// mapped already, later from the page allocator.
#include "arch/paged/kernel/half.h"
#include "boot/boot.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include <arch/arch.h>
#include <arch/kernel/frame.h>
#include <arch/kernel/map.h>

extern char image_start[], image_text_end[], image_rodata_end[], kernel_stack_guard[],
    kernel_stack[], kernel_pool[], kernel_pool_end[], image_end[];

EARLY alignas(4096) uint64_t map_root[TABLE_ENTRIES];

EARLY static struct {
    uint64_t physical;         // where the image is
    uint64_t pool;             // bytes of the pool that are used
    struct boot_memory *spare; // mapped RAM to take tables from; nullptr: none yet
    uintptr_t device;          // end of the device mappings
} state;

// Where the image is reached now: its physical address before translation is on, which the compiler
// must not take for the same as after.
static uint64_t image_here(void)
{
    uint64_t here = (uint64_t)image_start;
    __asm__("" : "+r"(here));
    return here;
}

static bool is_image(uint64_t physical)
{
    return physical - state.physical < (uint64_t)(image_end - image_start);
}

static uint64_t *table_at(uint64_t physical)
{
    if (is_image(physical)) return (uint64_t *)(physical - state.physical + image_here());
    return arch_physical_to_virtual(physical);
}

static uint64_t pool_take(size_t size, size_t alignment)
{
    uint64_t from = (state.pool + alignment - 1) & ~(alignment - 1);
    uint64_t whole = (uint64_t)(kernel_pool_end - kernel_pool);
    if (from > whole || size > whole - from) return 0;
    state.pool = from + size;
    return state.physical + (uint64_t)(kernel_pool - image_start) + from;
}

// A zeroed table; 0 when there is none.
static uint64_t table_allocate(void)
{
    uint64_t physical = pool_take(ARCH_PAGE_SIZE, ARCH_PAGE_SIZE);
    if (physical == 0 && state.spare != nullptr && state.spare->size > ARCH_PAGE_SIZE) {
        state.spare->size -= ARCH_PAGE_SIZE;
        physical = state.spare->base + state.spare->size;
    } else if (physical == 0) {
        struct page *page = page_allocate(0, PAGE_ZERO);
        physical = page == nullptr ? 0 : page_physical(page);
    }
    if (physical == 0) return 0;
    uint64_t *table = table_at(physical);
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) table[i] = 0;
    return physical;
}

void *boot_allocate(size_t size)
{
    uint64_t at = pool_take(size, 16);
    if (at == 0) boot_refuse("the memory map has too many ranges");
    char *bytes = (char *)table_at(at);
    for (size_t i = 0; i < size; i++) bytes[i] = 0;
    return bytes;
}

// The largest step at `address` that alignment and what is left allow.
static uint32_t step_level(uint64_t address, uint64_t size)
{
    for (uint32_t level = 2; level > 0; level--)
        if (address % entry_span(level) == 0 && size >= entry_span(level)) return level;
    return 0;
}

// The entry for `address` at `level`, or at a lower one where a table is there already, which it
// tells. nullptr when tables run out.
static uint64_t *reach(uint64_t *root, uintptr_t address, uint32_t *level)
{
    uint32_t at = table_top();
    uint64_t *entry = &root[entry_index(address, at)];
    while (at > *level || (at > 0 && entry_is_table(*entry))) {
        if (!entry_is_used(*entry)) {
            uint64_t made = table_allocate();
            if (made == 0) return nullptr;
            *entry = entry_of_table(made);
        }
        entry = &table_at(entry_physical(*entry))[entry_index(address, --at)];
    }
    *level = at;
    return entry;
}

bool half_map(uint64_t *root, uintptr_t address, uint64_t physical, uint64_t size, uint64_t flags)
{
    while (size > 0) {
        uint32_t level = step_level(address | physical, size);
        uint64_t *entry = reach(root, address, &level);
        if (entry == nullptr) return false;
        *entry = entry_of_page(physical, level, flags);
        uint64_t step = entry_span(level);
        address += step;
        physical += step;
        size -= step;
    }
    return true;
}

void half_begin(void)
{
    state.physical = image_here();
    state.pool = 0;
    state.spare = nullptr;
    state.device = ARCH_DEVICES;
    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) map_root[i] = 0;
}

static void map_image_part(const char *from, const char *to, uint64_t flags)
{
    uint64_t offset = (uint64_t)(from - image_start);
    (void)half_map(map_root, ARCH_KERNEL + offset, state.physical + offset, (uint64_t)(to - from),
                   flags);
}

// As much of a DTB, or of what stands for it, as its header claims, big-endian, up to the 2 MiB
// that the protocol allows. It is written to where it holds what nobody else may know.
static void map_tree(uint64_t dtb)
{
    if (dtb == 0) return;
    const uint8_t *size = (const uint8_t *)dtb + 4;
    uint64_t end = dtb + ((uint32_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3]);
    if (end - dtb > BLOCK_2M) end = dtb + BLOCK_2M;
    uint64_t base = dtb & ~(ARCH_PAGE_SIZE - 1);
    end = (end + ARCH_PAGE_SIZE - 1) & ~(ARCH_PAGE_SIZE - 1);
    (void)half_map(map_root, (uintptr_t)arch_physical_to_virtual(base), base, end - base,
                   entry_kernel_flags(SPACE_READ | SPACE_WRITE));
}

void half_map_image(uint64_t text, uint64_t dtb)
{
    uint64_t read = entry_kernel_flags(SPACE_READ);
    uint64_t write = entry_kernel_flags(SPACE_READ | SPACE_WRITE);
    map_image_part(image_start, image_text_end, text);
    map_image_part(image_text_end, image_rodata_end, read);
    map_image_part(image_rodata_end, kernel_stack_guard, write);
    map_image_part(kernel_stack, image_end, write);

    map_tree(dtb);
    const struct handover *handover = (const struct handover *)dtb; // the tree may be elsewhere
    if (dtb != 0 && handover_is(handover)) map_tree(handover->info.dtb);
}

static void map_memory(const struct boot_memory *memory, uint32_t protection)
{
    uint64_t room = half_room(), size = memory->size;
    if (memory->base >= room) return;
    if (size > room - memory->base) size = room - memory->base;
    uintptr_t at = (uintptr_t)arch_physical_to_virtual(memory->base);
    if (!half_map(map_root, at, memory->base, size, entry_kernel_flags(protection)))
        boot_refuse("too little memory: no room for page tables");
}

// The entries of the top table that devices will need, before there is a process.
static void make_device_tops(void)
{
    uint32_t first = entry_index(ARCH_DEVICES, table_top());
    uint32_t last = entry_index(ARCH_DEVICES + ARCH_DEVICES_SIZE - 1, table_top());
    for (uint32_t i = first; i <= last; i++) {
        uint32_t level = table_top() - 1;
        uintptr_t at = ARCH_DEVICES + (i - first) * entry_span(table_top());
        if (reach(map_root, at, &level) == nullptr)
            boot_refuse("too little memory: no room for page tables");
    }
}

void half_map_ram(struct bootinfo *info)
{
    if (HALF_TOPS_ARE_COPIED) make_device_tops();
    // The image's own range first: its tables come out of the pool.
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct boot_memory *memory = &info->memory[i];
        if (memory->kind == BOOT_MEMORY_RESERVED || memory->kind == BOOT_MEMORY_KERNEL) continue;
        map_memory(memory, SPACE_READ | SPACE_WRITE);
        half_show();
        if (memory->kind == BOOT_MEMORY_RAM && state.spare == nullptr) state.spare = memory;
    }
    struct boot_memory image = {.base = state.physical,
                                .size = (uint64_t)(image_end - image_start)};
    map_memory(&image, SPACE_READ | SPACE_WRITE);
    image.size = (uint64_t)(image_rodata_end - image_start);
    map_memory(&image, SPACE_READ);
    state.spare = nullptr;
    half_show();
}

uintptr_t half_stack(void)
{
    uint32_t order = STACK_SHIFT - PAGE_SHIFT;
    struct page *pages = page_allocate(order, PAGE_ZERO);
    if (pages == nullptr) return 0;
    uintptr_t block = (state.device + 2 * STACK_SIZE - 1) & ~(2ul * STACK_SIZE - 1);
    if (ARCH_DEVICES + ARCH_DEVICES_SIZE - block < 2 * STACK_SIZE ||
        !half_map(map_root, block + STACK_SIZE, page_physical(pages), STACK_SIZE,
                  entry_kernel_flags(SPACE_READ | SPACE_WRITE))) {
        page_free(pages, order);
        return 0;
    }
    state.device = block + 2 * STACK_SIZE;
    half_show();
    return block + 2 * STACK_SIZE;
}

uint64_t half_physical(void)
{
    return state.physical;
}

uint64_t half_root(void)
{
    return state.physical + (uint64_t)((char *)map_root - (char *)image_here());
}

void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    uint64_t offset = physical & (ARCH_PAGE_SIZE - 1);
    uint64_t base = physical - offset;
    uint64_t bytes = (offset + size + ARCH_PAGE_SIZE - 1) & ~(ARCH_PAGE_SIZE - 1);
    uintptr_t at = state.device;
    if (bytes >= BLOCK_2M) at += (base - at) & (BLOCK_2M - 1);
    if (bytes < size || bytes > ARCH_DEVICES + ARCH_DEVICES_SIZE - at) return nullptr;
    uint64_t flags = entry_kernel_flags(protection & ~(uint32_t)SPACE_EXECUTE);
    if (!half_map(map_root, at, base, bytes, flags)) return nullptr;
    state.device = at + bytes;
    half_show();
    return (void *)(at + offset);
}
