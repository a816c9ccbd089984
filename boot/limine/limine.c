// SPDX-License-Identifier: MIT
// Protocol limine: the loader enters the image at its own addresses, in the loader's mapping. Here
// its answers become a handover block, the image is copied to a boundary of 2 MiB, and the copy is
// entered. Other CPUs are not asked for: a loader would start them, and the kernel does so itself.
#include "boot/limine/limine.h"
#include "boot/boot.h"
#include "kernel/log.h"
#include "kernel/string.h"

enum : uint64_t { ALIGNMENT = 2u << 20 };

extern const uint8_t image_start[], image_end[];

[[noreturn]] static void limine_entry(void);

#define REQUEST [[gnu::used, gnu::retain, gnu::aligned(8)]] static
REQUEST volatile uint64_t base_revision[3] = LIMINE_BASE;
REQUEST struct limine_request entry_point = {
    .id = LIMINE_ID(0x13d8'6c03'5a1c'd3e1, 0x2b0c'aa89'd8f3'026a), .entry = limine_entry};
REQUEST struct limine_request mapping = {
    .id = LIMINE_ID(0x48dc'f1cb'8ad2'b852, 0x6398'4e95'9a98'244b)};
REQUEST struct limine_request memory = {
    .id = LIMINE_ID(0x67cf'3d9d'378a'806f, 0xe304'acdf'c50c'3c62)};
REQUEST struct limine_request kernel_file = {
    .id = LIMINE_ID(0xad97'e90e'83f1'ed67, 0x31eb'5d1c'5ff2'3b69)};
REQUEST struct limine_request modules = {
    .id = LIMINE_ID(0x3e7e'2797'02be'32af, 0xca1c'4f3b'd128'0cee)};
REQUEST struct limine_request framebuffers = {
    .id = LIMINE_ID(0x9d58'27dc'd881'dd75, 0xa314'8604'f6fa'b11b)};
REQUEST struct limine_request rsdp = {.id =
                                          LIMINE_ID(0xc5e7'7b6b'397e'7b43, 0x2763'7845'accd'cf3c)};
REQUEST struct limine_request device_tree = {
    .id = LIMINE_ID(0xb40d'db48'fb54'bac7, 0x5450'8149'3f81'ffb7)};

static uint64_t physical(const struct limine_way *way, const void *address)
{
    return address == nullptr ? 0 : (uintptr_t)address - way->offset;
}

static void *reach(const struct limine_way *way, uint64_t physical)
{
    return (void *)(way->offset + physical);
}

static const char *command_line(void)
{
    const struct limine_kernel *kernel = kernel_file.response;
    const char *words = kernel == nullptr ? nullptr : kernel->file->words;
    return words == nullptr ? "" : words;
}

// Block, map with the initrd and the DTB, command line.
static uint64_t map_size(const struct limine_list *map)
{
    return (map->count + 2) * sizeof(struct boot_memory);
}

static uint64_t block_size(const struct limine_list *map)
{
    uint64_t size = sizeof(struct handover) + map_size(map) + strlen(command_line()) + 1;
    return (size + LIMINE_PAGE - 1) & ~(LIMINE_PAGE - 1);
}

// The end of the highest usable memory that has room for everything.
static bool place(struct limine_way *way, const struct limine_list *map)
{
    uint64_t image = (uint64_t)(image_end - image_start), rest = block_size(map);
    for (uint64_t i = map->count; i-- > 0;) {
        const struct limine_memory *entry = map->entry[i];
        uint64_t end = entry->base + entry->size;
        if (end > limine_reach) end = limine_reach;
        if (entry->kind != LIMINE_USABLE || end < entry->base + image) continue;
        way->kernel = (end - image) & ~(ALIGNMENT - 1);
        way->block = way->kernel - rest;
        way->table = way->block - LIMINE_TABLES * LIMINE_PAGE;
        if (way->kernel >= entry->base && way->kernel - entry->base >= rest &&
            way->block - entry->base >= LIMINE_TABLES * LIMINE_PAGE)
            return true;
    }
    return false;
}

static enum boot_memory_kind kind_of(uint64_t kind)
{
    switch (kind) {
    case LIMINE_USABLE:
    case LIMINE_LOADER_RECLAIMABLE:
    case LIMINE_KERNEL_AND_MODULES: return BOOT_MEMORY_RAM;
    case LIMINE_ACPI_RECLAIMABLE: return BOOT_MEMORY_RECLAIMABLE;
    default: return BOOT_MEMORY_RESERVED;
    }
}

static void screen(const struct limine_way *way, struct boot_framebuffer *screen)
{
    const struct limine_list *list = framebuffers.response;
    if (list == nullptr || list->count == 0) return;
    const struct limine_framebuffer *from = list->entry[0];
    if (from->model != LIMINE_RGB) return;
    *screen = (struct boot_framebuffer){.address = physical(way, from->address),
                                        .width = (uint32_t)from->width,
                                        .height = (uint32_t)from->height,
                                        .stride = (uint32_t)from->stride,
                                        .bits_per_pixel = from->bits,
                                        .red = {from->red_position, from->red_size},
                                        .green = {from->green_position, from->green_size},
                                        .blue = {from->blue_position, from->blue_size}};
}

static void machine(struct limine_way *way, struct bootinfo *info)
{
    const struct limine_pointer *tables = rsdp.response, *tree = device_tree.response;
    const struct limine_list *files = modules.response;
    if (tables != nullptr) info->rsdp = physical(way, tables->address);
    if (tree != nullptr) info->dtb = physical(way, tree->address);
    way->dtb = info->dtb;
    screen(way, &info->framebuffer);
    if (files == nullptr || files->count == 0) return;
    const struct limine_file *initrd = files->entry[0];
    info->initrd_base = physical(way, initrd->address);
    info->initrd_size = initrd->size;
}

static void map_copy(const struct limine_way *way, const struct limine_list *map,
                     struct bootinfo *info)
{
    struct boot_memory *to = reach(way, (uintptr_t)info->memory), *at = to;
    for (uint64_t i = 0; i < map->count; i++) {
        const struct limine_memory *from = map->entry[i];
        *at++ = (struct boot_memory){from->base, from->size, kind_of(from->kind), 0};
    }
    *at++ = (struct boot_memory){info->initrd_base, info->initrd_size, BOOT_MEMORY_INITRD, 0};
    if (info->dtb != 0) {
        uint64_t size = boot_dtb_size(reach(way, info->dtb));
        *at++ = (struct boot_memory){info->dtb, size, BOOT_MEMORY_RECLAIMABLE, 0};
    }
    info->memory_count = (uint32_t)(at - to);
}

static void block_fill(struct limine_way *way, const struct limine_list *map)
{
    struct handover *block = reach(way, way->block);
    uint64_t ranges = way->block + sizeof *block, words = ranges + map_size(map);
    *block = (struct handover){.magic = HANDOVER_MAGIC,
                               .size = __builtin_bswap32((uint32_t)block_size(map)),
                               .protocol = "limine"};
    block->info.command_line = words;
    memcpy(reach(way, words), command_line(), strlen(command_line()) + 1);
    block->info.memory = (struct boot_memory *)ranges;
    machine(way, &block->info);
    map_copy(way, map, &block->info);
}

[[noreturn]] static void refuse(const char *what)
{
    const struct limine_pointer *tree = device_tree.response;
    limine_console(tree == nullptr ? nullptr : tree->address);
    boot_refuse("%s", what);
}

static void limine_entry(void)
{
    const struct limine_offset *offset = mapping.response;
    const struct limine_list *map = memory.response;
    struct limine_way way = {};
    if (base_revision[2] != 0) refuse("the loader does not know base revision 2");
    if (offset == nullptr || map == nullptr) refuse("the loader tells of no memory");
    way.offset = offset->offset;
    if (!place(&way, map)) refuse("too little memory: no room for the kernel");
    block_fill(&way, map);
    uint64_t size = (uint64_t)(image_end - image_start);
    memcpy(reach(&way, way.kernel), image_start, size);
    memset(reach(&way, way.table), 0, LIMINE_TABLES * LIMINE_PAGE);
    handover_leave(way.kernel, size, limine_way_make(&way), way.block);
}
