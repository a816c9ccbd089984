// SPDX-License-Identifier: MIT
// Multiboot's information, laid out as the specification says, and as GRUB does: what of it
// arrives, and what is refused.
#include "multiboot1.c"

#include "boot/loader_sample.h"
#include "test/unit.h"

static struct information information;

static bool starts(void)
{
    info = (struct bootinfo){};
    return sample_run(multiboot1_start, LOADER_MAGIC, sample_put(&information, sizeof information));
}

static void begin(uint32_t flags)
{
    sample_used = 0;
    information = (struct information){.flags = flags, .lower = 640, .upper = 2048};
}

TEST("everything that the loader tells arrives")
{
    struct module module = {0x20'0000, 0x20'1234, 0, 0};
    struct range map[] = {{20, 0x10'0000, 0x700'0000, 1},
                          {20, 0x7f0'0000, 0x1'0000, 3},
                          {20, 0x1'0000'0000, 0x4000'0000, 1},
                          {20, 0xfec0'0000, 0x1000, 2}};
    begin(HAS_SIZES | HAS_COMMAND_LINE | HAS_MODULES | HAS_MAP);
    information.command_line = sample_put("kernel test", 12);
    information.module_count = 1;
    information.modules = sample_put(&module, sizeof module);
    information.map = sample_put(map, sizeof map);
    information.map_size = sizeof map;
    EXPECT(starts());
    EXPECT(info.initrd_base == 0x20'0000 && info.initrd_size == 0x1234);
    EXPECT(info.command_line == information.command_line && info.framebuffer.address == 0);
    EXPECT(sample_tells(info.command_line, 12, BOOT_MEMORY_RECLAIMABLE));
    EXPECT(sample_tells(0x10'0000, 0x700'0000, BOOT_MEMORY_RAM));
    EXPECT(sample_tells(0x7f0'0000, 0x1'0000, BOOT_MEMORY_RECLAIMABLE));
    EXPECT(sample_tells(0x1'0000'0000, 0x4000'0000, BOOT_MEMORY_RAM));
    EXPECT(sample_tells(0xfec0'0000, 0x1000, BOOT_MEMORY_RESERVED) && sample_range_count == 5);
}

TEST("a loader that has no map tells sizes")
{
    begin(HAS_SIZES);
    EXPECT(starts() && info.initrd_size == 0);
    EXPECT(sample_tells(0, 640 << 10, BOOT_MEMORY_RAM));
    EXPECT(sample_tells(0x10'0000, 2 << 20, BOOT_MEMORY_RAM));
}

TEST("a picture's colors are where the specification has them, or where GRUB does")
{
    for (uint32_t from = 0; from < 2; from++) {
        begin(HAS_SIZES | HAS_FRAMEBUFFER);
        information.framebuffer = 0xfd00'0000;
        information.framebuffer_width = 800;
        information.framebuffer_type = FRAMEBUFFER_COLOR;
        information.channel[from] = (struct boot_channel){16, 8};
        information.channel[from + 1] = (struct boot_channel){8, 8};
        information.channel[from + 2] = (struct boot_channel){0, 8};
        EXPECT(starts() && info.framebuffer.width == 800);
        EXPECT(info.framebuffer.red.position == 16 && info.framebuffer.green.position == 8);
        EXPECT(info.framebuffer.blue.position == 0 && info.framebuffer.blue.size == 8);
    }
    information.framebuffer_type = 2; // text
    EXPECT(starts() && info.framebuffer.address == 0);
}

TEST("what makes no sense is refused")
{
    struct module backward = {0x20'0000, 0x1f'0000, 0, 0};
    begin(0);
    EXPECT(!starts() && strcmp(sample_refusal, "the loader tells of no memory") == 0);
    begin(HAS_SIZES | HAS_MODULES);
    information.module_count = 1;
    information.modules = sample_put(&backward, sizeof backward);
    EXPECT(!starts() && strstr(sample_refusal, "ends before it begins"));
    begin(HAS_SIZES | HAS_MODULES);
    information.module_count = 1;
    information.modules = 0x1000;
    EXPECT(!starts() && strstr(sample_refusal, "out of reach"));
    EXPECT(!sample_run(multiboot1_start, 0x36d7'6289, SAMPLE_BASE));
}

TEST("a range of the map that is too short or too long is refused")
{
    for (uint32_t size = 0; size < 100; size++) {
        struct range map[] = {{20, 0x10'0000, 0x700'0000, 1}, {size, 0x1'0000'0000, 0x1000, 1}};
        begin(HAS_MAP);
        information.map = sample_put(map, sizeof map);
        information.map_size = sizeof map;
        EXPECT(starts() == (size == 20));
    }
}
