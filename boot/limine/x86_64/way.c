// SPDX-License-Identifier: MIT
// The way out of Limine's environment on x86_64: its tables, and the low 4 GiB as they are.
#include "arch/x86/boot.h"
#include "arch/x86/register.h"
#include "arch/x86/table.h"
#include "boot/limine/limine.h"
#include <arch/arch.h>

const uint64_t limine_reach = 1ull << 32;
enum : uint32_t { ENTRIES = 512, DIRECTORIES = 4 };

uint64_t limine_way_make(const struct limine_way *way)
{
    uint64_t *table = (uint64_t *)(way->offset + way->table);
    uint64_t *directory = table + ENTRIES, *pages = directory + ENTRIES;
    uint64_t *loaders = (uint64_t *)(way->offset + (cr3_read() & TABLE_ADDRESS));
    for (uint32_t i = 0; i < ENTRIES; i++) table[i] = loaders[i];
    table[0] = (way->table + LIMINE_PAGE) | TABLE_PRESENT | TABLE_WRITE;
    for (uint32_t i = 0; i < DIRECTORIES; i++)
        directory[i] = (way->table + (2 + i) * LIMINE_PAGE) | TABLE_PRESENT | TABLE_WRITE;
    for (uint64_t i = 0; i < DIRECTORIES * ENTRIES; i++)
        pages[i] = i * entry_span(1) | TABLE_PRESENT | TABLE_WRITE | TABLE_LARGE;
    cr3_write(way->table);
    return 0;
}

void limine_console(const void *)
{
    static const struct bootinfo none;
    start_begin(); // there is no CPU
    arch_console_early(&none);
}
