// SPDX-License-Identifier: MIT
// Gives boot/limine a memory map of anything, over a small machine's memory, with a command line of
// any length: it finds a place for kernel and block within usable memory, or says that there is
// none.
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

__asm__(".pushsection .rodata\n.globl sample_start, sample_end\n.balign 4096\nsample_start: .fill "
        "8192, 1, 0xa5\n"
        "sample_end: .byte 0\n.popsection");
#define image_start sample_start
#define image_end sample_end
#include "boot/limine/limine.c"

enum : uint64_t { MACHINE = 8u << 20, BASE = 0x4000'0000 };
enum : uint32_t { RANGES = 16, WORDS = 1u << 16 };

static uint8_t machine_memory[MACHINE] __attribute__((aligned(1 << 21)));
static struct limine_memory range[RANGES];
static const void *ranges[RANGES];
static struct limine_list map;
static char words[WORDS + 1];
static jmp_buf left;
const uint64_t limine_reach = BASE + MACHINE;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint64_t limine_way_make(const struct limine_way *)
{
    return 0;
}

void limine_console(const void *) {}

void boot_refuse(const char *, ...)
{
    longjmp(left, 1);
}

static bool is_usable(uint64_t base, uint64_t size)
{
    for (uint64_t i = 0; i < map.count; i++)
        if (range[i].kind == LIMINE_USABLE && range[i].base <= base &&
            base - range[i].base <= range[i].size && size <= range[i].size - (base - range[i].base))
            return true;
    return false;
}

void handover_leave(uint64_t kernel, uint64_t size, uint64_t, uint64_t block)
{
    const struct handover *handover = (void *)(machine_memory + (block - BASE));
    const struct bootinfo *info = &handover->info;
    const char *line = (const char *)machine_memory + (info->command_line - BASE);
    if (!is_usable(kernel, size) || !is_usable(block, handover_size(handover)) ||
        kernel % ALIGNMENT != 0 || strcmp(line, words) != 0 || info->memory_count != map.count + 1)
        abort();
    longjmp(left, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct limine_offset offset;
    static struct limine_file file = {.words = words}, initrd;
    static const void *files[] = {&initrd};
    static struct limine_kernel kernel = {.file = &file};
    static struct limine_list file_list = {.count = 1, .entry = files};
    uint16_t length = 0;
    if (size >= sizeof length) memcpy(&length, data, sizeof length);
    memset(words, 'w', length);
    words[length] = '\0';
    map = (struct limine_list){.entry = ranges};
    for (size_t at = 2; at + 7 <= size && map.count < RANGES; at += 7) {
        uint64_t base = 0, bytes = 0;
        memcpy(&base, data + at, 3);
        memcpy(&bytes, data + at + 3, 3);
        base %= MACHINE;
        range[map.count] = (struct limine_memory){
            BASE + base, bytes < MACHINE - base ? bytes : MACHINE - base, data[at + 6] % 8};
        ranges[map.count] = &range[map.count];
        map.count++;
    }
    offset.offset = (uintptr_t)machine_memory - BASE;
    initrd.address = machine_memory;
    base_revision[2] = 0;
    mapping.response = &offset;
    memory.response = &map;
    kernel_file.response = &kernel;
    modules.response = &file_list;
    if (setjmp(left) == 0) limine_entry();
    return 0;
}
