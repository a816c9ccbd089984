// SPDX-License-Identifier: MIT
// Makes memory maps of anything that firmware and loaders may tell, among it what UEFI's map says:
// either it is refused, or what comes out is whole pages, sorted, and does not overlap, and all
// that is in use is in no RAM. Each input is a list of ranges, of which bytes of zero are shorter
// ones.
#include "boot/uefi/uefi.h"
#include "kernel/list.h"
#include "kernel/memory/bootmap.c"

#include "boot/uefi/machine.c"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { RANGES = 12, CAPACITY = 4 * RANGES };

static struct boot_memory told[RANGES], made[CAPACITY];
static uint32_t told_count;
static jmp_buf refusal;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void boot_refuse(const char *, ...)
{
    longjmp(refusal, 1);
}

void panic(const char *, ...)
{
    abort();
}

static void must(bool condition)
{
    if (!condition) abort();
}

static void tell(const struct bootmap_source *, struct bootmap_listener *listener)
{
    for (uint32_t i = 0; i < told_count; i++) listener->range(listener, told[i]);
}

// Each of them once as it is, and once as an entry of UEFI's map.
static void read_all(const uint8_t *data, size_t size)
{
    struct {
        uint64_t base, size;
        uint8_t kind, is_firmware, shift, zero[5];
    } raw;
    struct bootinfo info = {.memory = told};
    for (; size >= sizeof raw && info.memory_count < RANGES;
         data += sizeof raw, size -= sizeof raw) {
        memcpy(&raw, data, sizeof raw);
        raw.base >>= raw.shift & 63;
        raw.size >>= raw.shift & 63;
        struct efi_memory entry = {.type = raw.kind % 16,
                                   .physical = raw.base,
                                   .pages = raw.size / EFI_PAGE,
                                   .attributes = EFI_MEMORY_WB};
        if (raw.is_firmware & 1)
            uefi_map(&info, &entry);
        else
            told[info.memory_count++] =
                (struct boot_memory){raw.base, raw.size, raw.kind % (BOOT_MEMORY_INITRD + 1), 0};
    }
    told_count = info.memory_count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bootmap_source source = {tell};
    read_all(data, size);
    struct bootmap map = {.entry = made, .capacity = bootmap_capacity(&source, 0)};
    must(map.capacity <= CAPACITY);
    (void)bootmap_place(&source, 0x1000, UINT64_MAX);
    if (setjmp(refusal) != 0) return 0;
    bootmap_make(&map, &source);
    for (uint32_t i = 0; i < map.count; i++) {
        must(made[i].size != 0 && (made[i].base | made[i].size) % PAGE == 0);
        must(i == 0 || made[i - 1].base + made[i - 1].size <= made[i].base);
    }
    for (uint32_t i = 0; i < told_count; i++) {
        uint64_t end = range_end_grown(told[i].base, told[i].size);
        if (told[i].kind == BOOT_MEMORY_RAM || told[i].kind == BOOT_MEMORY_RECLAIMABLE) continue;
        for (uint32_t j = 0; j < map.count && told[i].size != 0; j++)
            must(made[j].kind != BOOT_MEMORY_RAM || made[j].base >= end ||
                 made[j].base + made[j].size <= told[i].base);
    }
    return 0;
}
