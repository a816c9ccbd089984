// SPDX-License-Identifier: MIT
// A loader of our own for boot/limine: it answers the requests as the protocol says, with memory of
// its own for all of the machine's, and looks at what is handed over.
#include "test/unit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static jmp_buf left;
static uint64_t left_kernel, left_block, left_cpu;

// The image: 8 KiB between two symbols.
__asm__(".pushsection .rodata\n.globl sample_start, sample_end\n.balign 4096\nsample_start: .fill "
        "8192, 1, 0xa5\n"
        "sample_end: .byte 0\n.popsection");
#define image_start sample_start
#define image_end sample_end
#include "boot/limine/limine.c"

enum : uint64_t { MACHINE = 16u << 20, BASE = 0x4000'0000, LOADERS = 0x10'0000 };
static uint8_t machine_memory[MACHINE] __attribute__((aligned(1 << 21)));
const uint64_t limine_reach = BASE + MACHINE;

uint64_t limine_way_make(const struct limine_way *way)
{
    return way->dtb == 0 ? 7 : 8;
}

static const void *console_tree;
static char refusal[200]; // empty: the kernel was entered

void limine_console(const void *tree)
{
    console_tree = tree;
}

void boot_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(refusal, sizeof refusal, format, arguments);
    va_end(arguments);
    longjmp(left, 1);
}

void handover_leave(uint64_t kernel, uint64_t, uint64_t boot_cpu, uint64_t block)
{
    left_kernel = kernel;
    left_block = block;
    left_cpu = boot_cpu;
    longjmp(left, 1);
}

// What the loader has in its reclaimable memory, at the machine's end.
static struct {
    struct limine_offset offset;
    struct limine_memory range[5];
    const void *ranges[5], *files[1], *screens[1];
    struct limine_list map, modules, screen_list;
    struct limine_file kernel, initrd;
    struct limine_kernel kernel_answer;
    struct limine_framebuffer screen;
    struct limine_pointer tables;
} loader;

static void *at(uint64_t physical)
{
    return machine_memory + (physical - BASE);
}

static void answer_all(void)
{
    loader.offset.offset = (uintptr_t)machine_memory - BASE;
    const struct limine_memory ranges[] = {
        {BASE, 6u << 20, LIMINE_USABLE},
        {BASE + (6u << 20), 1u << 20, LIMINE_KERNEL_AND_MODULES},
        {BASE + (7u << 20), 4u << 20, LIMINE_USABLE},
        {BASE + (11u << 20), 4u << 20, LIMINE_ACPI_RECLAIMABLE},
        {BASE + (15u << 20), LOADERS, LIMINE_LOADER_RECLAIMABLE},
    };
    for (uint32_t i = 0; i < 5; i++) {
        loader.range[i] = ranges[i];
        loader.ranges[i] = &loader.range[i];
    }
    loader.map = (struct limine_list){.count = 5, .entry = loader.ranges};
    loader.initrd = (struct limine_file){.address = at(BASE + (6u << 20)), .size = 12345};
    loader.files[0] = &loader.initrd;
    loader.modules = (struct limine_list){.count = 1, .entry = loader.files};
    loader.kernel = (struct limine_file){.words = "seed=1 quiet"};
    loader.kernel_answer = (struct limine_kernel){.file = &loader.kernel};
    loader.screen = (struct limine_framebuffer){
        at(BASE + (9u << 20)), 800, 600, 3200, 32, LIMINE_RGB, 8, 16, 8, 8, 8, 0};
    loader.screens[0] = &loader.screen;
    loader.screen_list = (struct limine_list){.count = 1, .entry = loader.screens};
    loader.tables = (struct limine_pointer){.address = at(BASE + (11u << 20))};
    base_revision[2] = 0;
    mapping.response = &loader.offset;
    memory.response = &loader.map;
    kernel_file.response = &loader.kernel_answer;
    modules.response = &loader.modules;
    framebuffers.response = &loader.screen_list;
    rsdp.response = &loader.tables;
    device_tree.response = nullptr;
}

// True when the kernel was entered.
static bool enter(void)
{
    left_block = 0;
    refusal[0] = '\0';
    if (setjmp(left) == 0) entry_point.entry();
    return left_block != 0;
}

TEST("everything that the loader tells is handed over")
{
    answer_all();
    EXPECT(enter() && left_cpu == 7);
    const struct handover *block = at(left_block);
    EXPECT(block->magic == HANDOVER_MAGIC && handover_size(block) % LIMINE_PAGE == 0);
    EXPECT(strcmp(block->protocol, "limine") == 0);
    const struct bootinfo *info = &block->info;
    EXPECT(strcmp(at(info->command_line), "seed=1 quiet") == 0);
    EXPECT(info->rsdp == BASE + (11u << 20) && info->dtb == 0);
    EXPECT(info->initrd_base == BASE + (6u << 20) && info->initrd_size == 12345);
    EXPECT(info->framebuffer.address == BASE + (9u << 20) && info->framebuffer.stride == 3200);
    EXPECT(info->framebuffer.red.position == 16 && info->framebuffer.blue.position == 0);
}

TEST("the map has every range by its kind, and what is in use of them")
{
    answer_all();
    EXPECT(enter());
    const struct bootinfo *info = &((const struct handover *)at(left_block))->info;
    const struct boot_memory *map = at((uintptr_t)info->memory);
    EXPECT(info->memory_count == 6);
    EXPECT(map[0].kind == BOOT_MEMORY_RAM && map[1].kind == BOOT_MEMORY_RAM);
    EXPECT(map[3].kind == BOOT_MEMORY_RECLAIMABLE && map[4].kind == BOOT_MEMORY_RAM);
    EXPECT(map[5].kind == BOOT_MEMORY_INITRD && map[5].size == 12345);
}

TEST("the kernel is copied to usable memory at a boundary, apart from the block")
{
    answer_all();
    EXPECT(enter() && left_kernel % ALIGNMENT == 0);
    uint64_t image = (uint64_t)(image_end - image_start);
    EXPECT(left_kernel >= BASE + (7u << 20) && left_kernel + image <= BASE + (11u << 20));
    EXPECT(left_block >= BASE + (7u << 20) && left_block < left_kernel);
    EXPECT(memcmp(at(left_kernel), image_start, image) == 0);
}

TEST("without modules, screen and tables there are none")
{
    answer_all();
    modules.response = framebuffers.response = rsdp.response = kernel_file.response = nullptr;
    EXPECT(enter());
    const struct bootinfo *info = &((const struct handover *)at(left_block))->info;
    EXPECT(info->initrd_size == 0 && info->rsdp == 0 && info->framebuffer.address == 0);
    EXPECT(*(const char *)at(info->command_line) == '\0');
}

TEST("a command line may be of any length")
{
    static char words[100'000];
    for (uint32_t i = 0; i < sizeof words - 1; i++) words[i] = (char)('a' + i % 26);
    answer_all();
    loader.kernel.words = words;
    EXPECT(enter());
    const struct handover *block = at(left_block);
    EXPECT(handover_size(block) >= sizeof words);
    EXPECT(strcmp(at(block->info.command_line), words) == 0);
}

TEST("what a loader does not say, or has no room for, is refused in one line")
{
    static const struct limine_pointer tree = {.address = "a tree"};
    answer_all();
    base_revision[2] = 2;
    EXPECT(!enter() && strstr(refusal, "base revision 2") && console_tree == nullptr);
    answer_all();
    memory.response = nullptr;
    EXPECT(!enter() && strcmp(refusal, "the loader tells of no memory") == 0);
    answer_all();
    mapping.response = nullptr;
    device_tree.response = &tree;
    EXPECT(!enter() && strcmp(refusal, "the loader tells of no memory") == 0);
    EXPECT(console_tree == tree.address);
    answer_all();
    loader.range[0].kind = loader.range[2].kind = LIMINE_BAD;
    EXPECT(!enter() && strstr(refusal, "too little memory"));
    answer_all();
    loader.range[0].kind = LIMINE_BAD;
    loader.range[2].size = 1u << 20; // no boundary is in it
    EXPECT(!enter() && strstr(refusal, "too little memory"));
}

TEST("ranges that overlap are handed over as they are, for the kernel to see")
{
    answer_all();
    loader.range[2].base -= 1u << 20;
    EXPECT(enter());
    const struct bootinfo *info = &((const struct handover *)at(left_block))->info;
    const struct boot_memory *map = at((uintptr_t)info->memory);
    EXPECT(map[1].base == map[2].base && map[1].kind == BOOT_MEMORY_RAM);
}
