// SPDX-License-Identifier: MIT
// The kernel's half of the address space: the image by its protections, all of RAM, and device
// registers. map_early runs with the MMU off and at physical addresses, so nothing it uses may hold
// an absolute address; it maps the image and the DTB. map_kernel adds RAM once that is known.
// Tables come from the image's pool first, then off the top of a piece of RAM that is mapped
// already, later from the page allocator.
#include "boot/boot.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "feature.h"
#include "frame.h"
#include "map.h"
#include <arch/arch.h>

extern char image_start[], image_text_end[], image_rodata_end[], kernel_stack_guard[],
    kernel_stack[], kernel_pool[], kernel_pool_end[], image_end[];

#define EARLY [[gnu::section(".early")]]

// Assembly installs the first two. They have to lie in pages of their own.
extern uint64_t map_root[512], map_identity[512];
EARLY alignas(4096) uint64_t map_root[512];
EARLY alignas(4096) uint64_t map_identity[512];

EARLY static struct {
    uint64_t physical;         // where the image is
    uint64_t pool;             // bytes of the pool that are used
    struct boot_memory *spare; // mapped RAM to take tables from; nullptr: none yet
    uintptr_t device;          // end of the device mappings
    uint64_t identity;         // the entry of map_identity
} state;

// Where the image is reached now: its physical address before the MMU is on, which the compiler
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
    for (uint32_t i = 0; i < 512; i++) table[i] = 0;
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

uint64_t map_attributes(uint32_t protection)
{
    uint64_t entry = ENTRY_VALID | ENTRY_ACCESSED | ENTRY_SHARED;
    if (protection & SPACE_DEVICE) entry |= ENTRY_DEVICE;
    if (protection & SPACE_WRITE_COMBINE) entry |= ENTRY_UNCACHED;
    if (!(protection & SPACE_WRITE)) entry |= ENTRY_READ_ONLY;
    return entry;
}

// The largest step at `address` that alignment and what is left allow; an existing table forces
// smaller ones.
static uint32_t step_level(uint64_t address, uint64_t size)
{
    if (address % BLOCK_1G == 0 && size >= BLOCK_1G) return 1;
    return address % BLOCK_2M == 0 && size >= BLOCK_2M ? 2 : 3;
}

// Maps over whatever is there, in the largest blocks. False when tables run out.
static bool map_range(uint64_t *root, uintptr_t address, uint64_t physical, uint64_t size,
                      uint64_t attributes)
{
    while (size > 0) {
        uint32_t wanted = step_level(address | physical, size), level = 0;
        uint64_t *table = root;
        uint64_t *entry = &table[entry_index(address, 0)];
        while (level < wanted || (level < 3 && (*entry & ENTRY_TABLE))) {
            if (!(*entry & ENTRY_VALID)) {
                uint64_t made = table_allocate();
                if (made == 0) return false;
                *entry = made | ENTRY_VALID | ENTRY_TABLE;
            }
            table = table_at(*entry & ENTRY_ADDRESS);
            entry = &table[entry_index(address, ++level)];
        }
        *entry = physical | attributes | (level == 3 ? ENTRY_TABLE : 0);
        uint64_t step = 1ull << entry_shift(level);
        address += step;
        physical += step;
        size -= step;
    }
    return true;
}

static void map_image_part(const char *from, const char *to, uint64_t attributes)
{
    uint64_t offset = (uint64_t)(from - image_start);
    map_range(map_root, ARCH_KERNEL + offset, state.physical + offset, (uint64_t)(to - from),
              attributes);
}

// Landing pads are asked for where the processor knows them.
static uint64_t guard(void)
{
    uint64_t features;
    __asm__("mrs %0, id_aa64pfr1_el1" : "=r"(features));
    return (features & 15) != 0 ? (uint64_t)ENTRY_GUARDED : 0;
}

// Where the processor signs addresses, what switches spaces loads keys too: each of these places
// becomes a branch. Caches are off, but may hold what was there.
struct switch_row {
    int32_t place, target; // relative to themselves
};
extern const struct switch_row kernel_switch[], kernel_switch_end[];

static uintptr_t relative(const int32_t *word)
{
    return (uintptr_t)word + (uintptr_t)(intptr_t)*word;
}

static void patch_switches(void)
{
    enum : uint32_t { BRANCH = 0x1400'0000, BRANCH_WORDS = 0x3ff'ffff };
    for (const struct switch_row *row = kernel_switch; row < kernel_switch_end; row++) {
        uint32_t *place = (uint32_t *)relative(&row->place);
        uintptr_t distance = relative(&row->target) - (uintptr_t)place;
        *place = BRANCH | ((uint32_t)(distance >> 2) & BRANCH_WORDS);
        __asm__ volatile("dmb sy\n\tdc ivac, %0" : : "r"(place) : "memory");
    }
}

// As much of a DTB, or of what stands for it, as its header claims, big-endian, up to the 2 MiB
// that the protocol allows.
static void map_tree(uint64_t dtb)
{
    if (dtb == 0) return;
    const uint8_t *size = (const uint8_t *)dtb + 4;
    uint64_t end = dtb + ((uint32_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3]);
    if (end - dtb > BLOCK_2M) end = dtb + BLOCK_2M;
    uint64_t base = dtb & ~(ARCH_PAGE_SIZE - 1);
    map_range(map_root, ARCH_PHYSMAP + base, base, (end - base + 4095) & ~(ARCH_PAGE_SIZE - 1),
              ENTRY_VALID | ENTRY_ACCESSED | ENTRY_SHARED | ENTRY_READ_ONLY |
                  ENTRY_USER_NO_EXECUTE | ENTRY_KERNEL_NO_EXECUTE);
}

void map_early(uint64_t dtb)
{
    state.physical = image_here();
    state.pool = 0;
    state.spare = nullptr;
    state.device = ARCH_DEVICES;
    for (uint32_t i = 0; i < 512; i++) map_root[i] = map_identity[i] = 0;
    if (feature_has_signing()) patch_switches();

    uint64_t read =
        ENTRY_VALID | ENTRY_ACCESSED | ENTRY_SHARED | ENTRY_READ_ONLY | ENTRY_USER_NO_EXECUTE;
    uint64_t write = (read & ~ENTRY_READ_ONLY) | ENTRY_KERNEL_NO_EXECUTE;
    map_range(map_identity, state.physical, state.physical,
              (uint64_t)(image_text_end - image_start), read);
    map_image_part(image_start, image_text_end, read | guard());
    map_image_part(image_text_end, image_rodata_end, read | ENTRY_KERNEL_NO_EXECUTE);
    map_image_part(image_rodata_end, kernel_stack_guard, write);
    map_image_part(kernel_stack, image_end, write);

    map_tree(dtb);
    const struct handover *handover = (const struct handover *)dtb; // the tree may be elsewhere
    if (dtb != 0 && handover_is(handover)) map_tree(handover->info.dtb);
}

static void map_ram(struct boot_memory *memory, uint64_t attributes)
{
    if (memory->base >= ARCH_PHYSMAP_SIZE) return;
    uint64_t size = memory->size;
    if (size > ARCH_PHYSMAP_SIZE - memory->base) size = ARCH_PHYSMAP_SIZE - memory->base;
    if (!map_range(map_root, ARCH_PHYSMAP + memory->base, memory->base, size, attributes))
        boot_refuse("too little memory: no room for page tables");
}

void map_kernel(struct bootinfo *info)
{
    uint64_t write =
        map_attributes(SPACE_READ | SPACE_WRITE) | ENTRY_KERNEL_NO_EXECUTE | ENTRY_USER_NO_EXECUTE;
    // The image's own range first: its tables come out of the pool.
    for (uint32_t i = 0; i < info->memory_count; i++) {
        struct boot_memory *memory = &info->memory[i];
        if (memory->kind == BOOT_MEMORY_RESERVED || memory->kind == BOOT_MEMORY_KERNEL) continue;
        map_ram(memory, write);
        __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
        if (memory->kind == BOOT_MEMORY_RAM && state.spare == nullptr) state.spare = memory;
    }
    struct boot_memory image = {.base = state.physical,
                                .size = (uint64_t)(image_end - image_start)};
    map_ram(&image, write);
    image.size = (uint64_t)(image_rodata_end - image_start);
    map_ram(&image, write | ENTRY_READ_ONLY);
    state.spare = nullptr;
    state.identity = map_identity[entry_index(state.physical, 0)];
    __asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(map_empty_root()) : "memory");
    map_identity_close(); // it has done its work
}

void map_identity_open(void)
{
    map_identity[entry_index(state.physical, 0)] = state.identity;
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

void map_identity_close(void)
{
    map_identity[entry_index(state.physical, 0)] = 0;
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
}

uintptr_t map_stack(void)
{
    uint32_t order = STACK_SHIFT - 12;
    struct page *pages = page_allocate(order, PAGE_ZERO);
    if (pages == nullptr) return 0;
    uintptr_t block = (state.device + 2 * STACK_SIZE - 1) & ~(2ul * STACK_SIZE - 1);
    uint64_t attributes =
        map_attributes(SPACE_READ | SPACE_WRITE) | ENTRY_KERNEL_NO_EXECUTE | ENTRY_USER_NO_EXECUTE;
    if (ARCH_DEVICES + ARCH_DEVICES_SIZE - block < 2 * STACK_SIZE ||
        !map_range(map_root, block + STACK_SIZE, page_physical(pages), STACK_SIZE, attributes)) {
        page_free(pages, order);
        return 0;
    }
    state.device = block + 2 * STACK_SIZE;
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
    return block + 2 * STACK_SIZE;
}

uint64_t map_physical(void)
{
    return state.physical;
}

uint64_t map_empty_root(void)
{
    return (uint64_t)map_identity - ARCH_KERNEL + state.physical;
}

void *arch_map_device(uint64_t physical, size_t size, uint32_t protection)
{
    uint64_t offset = physical & (ARCH_PAGE_SIZE - 1);
    uint64_t base = physical - offset;
    uint64_t bytes = (offset + size + ARCH_PAGE_SIZE - 1) & ~(ARCH_PAGE_SIZE - 1);
    uintptr_t at = state.device;
    if (bytes >= BLOCK_2M) at += (base - at) & (BLOCK_2M - 1);
    if (bytes < size || bytes > ARCH_DEVICES + ARCH_DEVICES_SIZE - at) return nullptr;
    uint64_t attributes =
        map_attributes(protection) | ENTRY_KERNEL_NO_EXECUTE | ENTRY_USER_NO_EXECUTE;
    if (!map_range(map_root, at, base, bytes, attributes)) return nullptr;
    state.device = at + bytes;
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
    return (void *)(at + offset);
}

void map_sync_instructions(const void *address, uint64_t size)
{
    uint64_t types;
    __asm__("mrs %0, ctr_el0" : "=r"(types));
    uintptr_t line = 4ul << ((types >> 16) & 15), end = (uintptr_t)address + size;
    if (!(types & 1u << 28)) { // IDC
        for (uintptr_t at = (uintptr_t)address; at < end; at += line)
            __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
    }
    __asm__ volatile("dsb ish" : : : "memory");
    if (!(types & 1u << 29)) // DIC
        __asm__ volatile("ic ialluis\n\tdsb ish" : : : "memory");
    __asm__ volatile("isb" : : : "memory");
}
