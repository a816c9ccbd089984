// SPDX-License-Identifier: MIT
// Multiboot2's information, laid out as the specification says: what of it arrives, and what is
// refused.
#include "multiboot2.c"

#include "boot/loader_sample.h"
#include "test/unit.h"

static uint32_t begin; // of the information

static void information_begin(void)
{
    sample_used = 0;
    info = (struct bootinfo){};
    begin = sample_put(&(struct information){}, sizeof(struct information));
}

static void tag_put(uint32_t type, const void *content, uint32_t size)
{
    struct tag tag = {type, (uint32_t)sizeof tag + size};
    sample_put(&tag, sizeof tag);
    memcpy(sample + sample_used, content, size);
    sample_used += size;
}

static bool starts(void)
{
    tag_put(TAG_END, "", 0);
    struct information *head = (struct information *)(sample + (begin - SAMPLE_BASE));
    head->size = sample_used - (begin - SAMPLE_BASE);
    return sample_run(multiboot2_start, LOADER_MAGIC, begin);
}

static void map_put(void)
{
    struct {
        uint32_t entry_size, version;
        struct range range[4];
    } map = {24,
             0,
             {{0x10'0000, 0x700'0000, 1, 0},
              {0x7f0'0000, 0x1'0000, 3, 0},
              {0x1'0000'0000, 0x4000'0000, 1, 0},
              {0xfec0'0000, 0x1000, 5, 0}}};
    tag_put(TAG_MAP, &map, sizeof map);
}

TEST("everything that the loader tells arrives")
{
    uint32_t module[3] = {0x20'0000, 0x20'1234, 0};
    uint8_t rsdp_1[20] = "RSD PTR ", rsdp_2[36] = "RSD PTR ";
    struct framebuffer_tag picture = {.address = 0xfd00'0000,
                                      .stride = 4096,
                                      .width = 1024,
                                      .height = 768,
                                      .bits = 32,
                                      .type = FRAMEBUFFER_COLOR,
                                      .red = {16, 8},
                                      .green = {8, 8},
                                      .blue = {0, 8}};
    information_begin();
    tag_put(2, "some loader", 12);
    tag_put(TAG_COMMAND_LINE, "test seed=1", 12);
    tag_put(TAG_RSDP_1, rsdp_1, sizeof rsdp_1);
    tag_put(TAG_MODULE, module, sizeof module);
    tag_put(TAG_RSDP_2, rsdp_2, sizeof rsdp_2);
    tag_put(TAG_FRAMEBUFFER, &picture.address, sizeof picture - sizeof picture.tag);
    map_put();
    EXPECT(starts());
    EXPECT(strcmp(boot_at(info.command_line, 12, ""), "test seed=1") == 0);
    EXPECT(info.initrd_base == 0x20'0000 && info.initrd_size == 0x1234);
    EXPECT(memcmp(boot_at(info.rsdp, 36, ""), rsdp_2, 36) == 0);
    EXPECT(info.framebuffer.address == 0xfd00'0000 && info.framebuffer.stride == 4096);
    EXPECT(info.framebuffer.red.position == 16 && info.framebuffer.bits_per_pixel == 32);
    EXPECT(sample_tells(begin, given->size, BOOT_MEMORY_RECLAIMABLE));
    EXPECT(sample_tells(0x10'0000, 0x700'0000, BOOT_MEMORY_RAM));
    EXPECT(sample_tells(0x7f0'0000, 0x1'0000, BOOT_MEMORY_RECLAIMABLE));
    EXPECT(sample_tells(0x1'0000'0000, 0x4000'0000, BOOT_MEMORY_RAM));
    EXPECT(sample_tells(0xfec0'0000, 0x1000, BOOT_MEMORY_RESERVED));
}

TEST("a loader that has no map tells sizes, and an old RSDP is one too")
{
    uint32_t sizes[2] = {640, 1024};
    uint8_t rsdp_1[20] = "RSD PTR ";
    information_begin();
    tag_put(TAG_SIZES, sizes, sizeof sizes);
    tag_put(TAG_RSDP_1, rsdp_1, sizeof rsdp_1);
    EXPECT(starts() && info.rsdp != 0 && info.initrd_size == 0 && info.command_line == 0);
    EXPECT(sample_tells(0, 640 << 10, BOOT_MEMORY_RAM));
    EXPECT(sample_tells(0x10'0000, 1 << 20, BOOT_MEMORY_RAM));
}

TEST("a picture of another kind is none")
{
    struct framebuffer_tag text = {.address = 0xb8000, .width = 80, .height = 25, .type = 2};
    information_begin();
    map_put();
    tag_put(TAG_FRAMEBUFFER, &text.address, sizeof text - sizeof text.tag);
    EXPECT(starts() && info.framebuffer.address == 0);
}

TEST("what makes no sense is refused")
{
    uint32_t backward[3] = {0x20'0000, 0x1f'0000, 0}, small[2] = {8, 0};
    information_begin();
    EXPECT(!starts() && strcmp(sample_refusal, "the loader tells of no memory") == 0);
    information_begin();
    map_put();
    tag_put(TAG_MODULE, backward, sizeof backward);
    EXPECT(!starts() && strstr(sample_refusal, "module ends before it begins"));
    information_begin();
    tag_put(TAG_MAP, small, sizeof small);
    EXPECT(!starts() && strstr(sample_refusal, "are 8 bytes long"));
    information_begin();
    map_put();
    tag_put(TAG_COMMAND_LINE, "endless", 7);
    EXPECT(!starts() && strstr(sample_refusal, "has no end"));
    EXPECT(!sample_run(multiboot2_start, 0x2bad'b002, begin) && strstr(sample_refusal, "number"));
    EXPECT(!sample_run(multiboot2_start, LOADER_MAGIC, 0x1000) && strstr(sample_refusal, "reach"));
}

TEST("tags that are too short or too long are refused, whatever their size says")
{
    for (uint32_t size = 0; size < 0x200; size++) {
        information_begin();
        map_put();
        uint32_t at = (sample_used + 7) & ~7u;
        tag_put(99, "12345678", 8);
        bool fits = starts();
        uint32_t end = sample_used;
        memcpy(sample + at + 4, &size, sizeof size);
        bool is_started = sample_run(multiboot2_start, LOADER_MAGIC, begin);
        bool is_good = size > 8 && size <= end - at;
        EXPECT(fits && is_started == is_good);
    }
}
