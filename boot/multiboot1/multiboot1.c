// SPDX-License-Identifier: MIT
// From the information of a Multiboot loader to struct bootinfo (Multiboot Specification 0.6.96,
// 3.3). The first module is the initrd. What is used later stays where the loader put it, and is
// not RAM in the map.
#include "arch/x86/boot.h"
#include "kernel/log.h"

enum : uint32_t { LOADER_MAGIC = 0x2bad'b002 };
enum : uint32_t { // what the loader has filled in
    HAS_SIZES = 1u << 0,
    HAS_COMMAND_LINE = 1u << 2,
    HAS_MODULES = 1u << 3,
    HAS_MAP = 1u << 6,
    HAS_FRAMEBUFFER = 1u << 12,
};
enum : uint32_t { MAP_RAM = 1, MAP_ACPI = 3 };
enum : uint8_t { FRAMEBUFFER_COLOR = 1 };
enum : uint64_t { UPPER_BASE = 0x10'0000 };

// All of these may lie anywhere.
struct [[gnu::packed]] information {
    uint32_t flags;
    uint32_t lower, upper; // KiB of RAM from 0 and from 1 MiB on
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count, modules;
    uint32_t symbols[4];
    uint32_t map_size, map;
    uint32_t drives_size, drives;
    uint32_t configuration, loader_name, apm;
    uint32_t vbe[4];
    uint64_t framebuffer;
    uint32_t framebuffer_stride, framebuffer_width, framebuffer_height;
    uint8_t framebuffer_bits, framebuffer_type;
    struct boot_channel channel[4]; // red, green, blue from the first on; GRUB: from the second on
};
static_assert(offsetof(struct information, framebuffer) == 88);
static_assert(offsetof(struct information, channel) == 110);

struct [[gnu::packed]] module {
    uint32_t begin, end, text, reserved;
};

// In the map: `size` counts what follows it.
struct [[gnu::packed]] range {
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
};
enum : uint32_t { RANGE_LEAST = sizeof(struct range) - sizeof(uint32_t) };

static struct bootinfo info = {.protocol = "multiboot1"};
static const struct information *given;

static void tell_map(struct bootmap_listener *listener)
{
    const uint8_t *at = boot_at(given->map, given->map_size, "memory map");
    const uint8_t *end = at + given->map_size;
    while ((size_t)(end - at) >= sizeof(struct range)) {
        const struct range *range = (const struct range *)at;
        size_t left = (size_t)(end - at) - sizeof range->size;
        if (range->size < RANGE_LEAST || range->size > left)
            boot_refuse("a range of the loader's memory map is %u bytes long", range->size);
        enum boot_memory_kind kind = range->type == MAP_RAM    ? BOOT_MEMORY_RAM
                                     : range->type == MAP_ACPI ? BOOT_MEMORY_RECLAIMABLE
                                                               : BOOT_MEMORY_RESERVED;
        listener->range(listener, (struct boot_memory){range->base, range->length, kind, 0});
        at += sizeof range->size + range->size;
    }
}

static void tell(const struct bootmap_source *, struct bootmap_listener *listener)
{
    boot_tell(&info, listener);
    if (info.command_line != 0)
        listener->range(listener,
                        (struct boot_memory){info.command_line,
                                             boot_text_size(info.command_line, "command line"),
                                             BOOT_MEMORY_RECLAIMABLE, 0});
    if (given->flags & HAS_MAP) {
        tell_map(listener);
        return;
    }
    listener->range(listener,
                    (struct boot_memory){0, (uint64_t)given->lower << 10, BOOT_MEMORY_RAM, 0});
    listener->range(listener, (struct boot_memory){UPPER_BASE, (uint64_t)given->upper << 10,
                                                   BOOT_MEMORY_RAM, 0});
}

static void framebuffer_note(void)
{
    if (!(given->flags & HAS_FRAMEBUFFER) || given->framebuffer_type != FRAMEBUFFER_COLOR) return;
    const struct boot_channel *channel = given->channel;
    if (channel->size == 0) channel++;
    info.framebuffer = (struct boot_framebuffer){.address = given->framebuffer,
                                                 .width = given->framebuffer_width,
                                                 .height = given->framebuffer_height,
                                                 .stride = given->framebuffer_stride,
                                                 .bits_per_pixel = given->framebuffer_bits,
                                                 .red = channel[0],
                                                 .green = channel[1],
                                                 .blue = channel[2]};
}

static void initrd_note(void)
{
    if (!(given->flags & HAS_MODULES) || given->module_count == 0) return;
    const struct module *module = boot_at(given->modules, sizeof *module, "module list");
    if (module->end < module->begin)
        boot_refuse("the loader's module ends before it begins: 0x%x, 0x%x", module->begin,
                    module->end);
    info.initrd_base = module->begin;
    info.initrd_size = module->end - module->begin;
}

// Called by the entry, with what the loader left in eax and ebx.
[[noreturn]] void multiboot1_start(uint32_t magic, uint32_t at);
void multiboot1_start(uint32_t magic, uint32_t at)
{
    static const struct bootmap_source source = {tell};

    boot_begin(&info);
    if (magic != LOADER_MAGIC) boot_refuse("0x%x is no Multiboot loader's number", magic);
    given = boot_at(at, sizeof *given, "information");
    if (!(given->flags & (HAS_MAP | HAS_SIZES))) boot_refuse("the loader tells of no memory");
    if (given->flags & HAS_COMMAND_LINE) info.command_line = given->command_line;
    initrd_note();
    framebuffer_note();
    boot_start(&info, &source);
}
