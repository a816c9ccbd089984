// SPDX-License-Identifier: MIT
// From the information of a Multiboot2 loader to struct bootinfo (Multiboot2 Specification 2.0,
// 3.6): one block of tags, which stays where it is, and is not RAM in the map, because the command
// line and the copy of the RSDP are in it. The first module is the initrd.
#include "arch/x86/boot.h"
#include "kernel/log.h"

enum : uint32_t { LOADER_MAGIC = 0x36d7'6289, ALIGNMENT = 8 };
enum tag_type : uint32_t {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_SIZES = 4,
    TAG_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_RSDP_1 = 14,
    TAG_RSDP_2 = 15,
};
enum : uint32_t { MAP_RAM = 1, MAP_ACPI = 3 };
enum : uint8_t { FRAMEBUFFER_COLOR = 1 };
enum : uint64_t { UPPER_BASE = 0x10'0000 };

struct information {
    uint32_t size, reserved;
};

struct tag {
    uint32_t type, size;
};

struct module_tag {
    struct tag tag;
    uint32_t begin, end;
};

struct sizes_tag {
    struct tag tag;
    uint32_t lower, upper; // KiB of RAM from 0 and from 1 MiB on
};

struct map_tag {
    struct tag tag;
    uint32_t entry_size, version;
};

struct range {
    uint64_t base, length;
    uint32_t type, reserved;
};

struct framebuffer_tag {
    struct tag tag;
    uint64_t address;
    uint32_t stride, width, height;
    uint8_t bits, type;
    uint16_t reserved;
    struct boot_channel red, green, blue;
};
static_assert(offsetof(struct framebuffer_tag, red) == 32);

static struct bootinfo info = {.protocol = "multiboot2"};
static const struct information *given;
static uint64_t given_base;

// The first tag of a type with at least `size` bytes; nullptr: there is none.
static const void *find(enum tag_type type, uint32_t size)
{
    const uint8_t *base = (const uint8_t *)given;
    for (uint32_t at = sizeof *given; given->size - at >= sizeof(struct tag);) {
        const struct tag *tag = (const struct tag *)(base + at);
        if (tag->size < sizeof *tag || tag->size > given->size - at)
            boot_refuse("tag %u of the loader's information is %u bytes long", tag->type,
                        tag->size);
        if (tag->type == TAG_END) return nullptr;
        if (tag->type == type && tag->size >= size) return tag;
        uint32_t step = (tag->size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
        if (step > given->size - at) return nullptr;
        at += step;
    }
    return nullptr;
}

// Where what follows a tag's head is.
static uint64_t content_of(const struct tag *tag)
{
    return given_base + (uint64_t)((const uint8_t *)(tag + 1) - (const uint8_t *)given);
}

static void tell_map(const struct map_tag *map, struct bootmap_listener *listener)
{
    if (map->entry_size < sizeof(struct range) || map->entry_size % ALIGNMENT != 0)
        boot_refuse("ranges of the loader's memory map are %u bytes long", map->entry_size);
    const uint8_t *base = (const uint8_t *)map;
    for (uint32_t at = sizeof *map; map->tag.size - at >= map->entry_size; at += map->entry_size) {
        const struct range *range = (const struct range *)(base + at);
        enum boot_memory_kind kind = range->type == MAP_RAM    ? BOOT_MEMORY_RAM
                                     : range->type == MAP_ACPI ? BOOT_MEMORY_RECLAIMABLE
                                                               : BOOT_MEMORY_RESERVED;
        listener->range(listener, (struct boot_memory){range->base, range->length, kind, 0});
    }
}

static void tell(const struct bootmap_source *, struct bootmap_listener *listener)
{
    const struct map_tag *map = find(TAG_MAP, sizeof *map);
    const struct sizes_tag *sizes = find(TAG_SIZES, sizeof *sizes);

    boot_tell(&info, listener);
    listener->range(listener,
                    (struct boot_memory){given_base, given->size, BOOT_MEMORY_RECLAIMABLE, 0});
    if (map != nullptr) {
        tell_map(map, listener);
    } else if (sizes != nullptr) {
        listener->range(listener,
                        (struct boot_memory){0, (uint64_t)sizes->lower << 10, BOOT_MEMORY_RAM, 0});
        listener->range(listener, (struct boot_memory){UPPER_BASE, (uint64_t)sizes->upper << 10,
                                                       BOOT_MEMORY_RAM, 0});
    } else {
        boot_refuse("the loader tells of no memory");
    }
}

static void framebuffer_note(void)
{
    const struct framebuffer_tag *tag = find(TAG_FRAMEBUFFER, sizeof *tag - sizeof tag->reserved);
    if (tag == nullptr || tag->type != FRAMEBUFFER_COLOR) return;
    info.framebuffer = (struct boot_framebuffer){.address = tag->address,
                                                 .width = tag->width,
                                                 .height = tag->height,
                                                 .stride = tag->stride,
                                                 .bits_per_pixel = tag->bits,
                                                 .red = tag->red,
                                                 .green = tag->green,
                                                 .blue = tag->blue};
}

static void command_line_note(void)
{
    const struct tag *tag = find(TAG_COMMAND_LINE, sizeof *tag + 1);
    if (tag == nullptr) return;
    if (((const char *)tag)[tag->size - 1] != '\0')
        boot_refuse("the loader's command line has no end");
    info.command_line = content_of(tag);
}

static void initrd_note(void)
{
    const struct module_tag *module = find(TAG_MODULE, sizeof *module);
    if (module == nullptr) return;
    if (module->end < module->begin)
        boot_refuse("the loader's module ends before it begins: 0x%x, 0x%x", module->begin,
                    module->end);
    info.initrd_base = module->begin;
    info.initrd_size = module->end - module->begin;
}

// Called by the entry, with what the loader left in eax and ebx.
[[noreturn]] void multiboot2_start(uint32_t magic, uint32_t at);
void multiboot2_start(uint32_t magic, uint32_t at)
{
    static const struct bootmap_source source = {tell};

    boot_begin(&info);
    if (magic != LOADER_MAGIC) boot_refuse("0x%x is no Multiboot2 loader's number", magic);
    given = boot_at(at, sizeof *given, "information");
    if (given->size < sizeof *given) boot_refuse("the loader's information is empty");
    (void)boot_at(at, given->size, "information");
    given_base = at;
    const struct tag *rsdp = find(TAG_RSDP_2, sizeof *rsdp + 36);
    if (rsdp == nullptr) rsdp = find(TAG_RSDP_1, sizeof *rsdp + 20);
    if (rsdp != nullptr) info.rsdp = content_of(rsdp);
    command_line_note();
    initrd_note();
    framebuffer_note();
    boot_start(&info, &source);
}
