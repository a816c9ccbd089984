// SPDX-License-Identifier: MIT
// What every boot protocol of x86 does in the same way: reaching what the loader left, finding the
// RSDP, and making the memory map. The first megabyte is left to firmware, but for a page where
// further processors start, and where the map says so.
#include "arch/x86/boot.h"
#include <acpi/acpi.h>
#include <arch/arch.h>
#include "kernel/device/x86/console.h"
#include "kernel/list.h"
#include "kernel/log.h"

// Real mode ends here: where further processors begin.
enum : uint64_t { LOW_MEMORY = 0x10'0000, PAGE = ARCH_PAGE_SIZE };
// Where an RSDP is on a machine with a BIOS (ACPI specification 6.5, 5.2.5.1).
enum : uint64_t { EBDA_SEGMENT = 0x40e, EBDA_SIZE = 1024, BIOS = 0xe'0000, BIOS_SIZE = 0x2'0000 };
enum : uint32_t { TAKES = 4 };

static struct bootmap map;

void boot_begin(struct bootinfo *info)
{
    extern const uint8_t image_start[], image_end[];
    start_begin();
    arch_console_early(info);
    info->kernel_base = arch_virtual_to_physical(image_start);
    info->kernel_size = (uint64_t)(image_end - image_start);
    info->boot_cpu = cpuid(1, 0).ebx >> 24;
}

const void *boot_at(uint64_t physical, uint64_t size, const char *what)
{
    if (physical >= boot_reach || size > boot_reach - physical)
        boot_refuse("the loader's %s is out of reach: 0x%lx, 0x%lx bytes", what,
                    (unsigned long)physical, (unsigned long)size);
    return arch_physical_to_virtual(physical);
}

uint64_t boot_text_size(uint64_t physical, const char *what)
{
    uint64_t size = 0;
    while (*(const char *)boot_at(physical + size, 1, what) != '\0') size++;
    return size + 1;
}

void boot_tell(const struct bootinfo *info, struct bootmap_listener *listener)
{
    listener->range(listener, (struct boot_memory){info->kernel_base, info->kernel_size,
                                                   BOOT_MEMORY_KERNEL, 0});
    listener->range(listener, (struct boot_memory){info->initrd_base, info->initrd_size,
                                                   BOOT_MEMORY_INITRD, 0});
}

// --- The RSDP ---

static const void *acpi_map(void *context, uint64_t physical, size_t size)
{
    if (physical >= boot_reach || size > boot_reach - physical) return nullptr;
    return arch_physical_to_virtual(physical);
}

static const struct acpi_source acpi_source = {.map = acpi_map};

struct searcher {
    struct bootmap_listener listener;
    uint64_t found;
};

// Firmware that is no BIOS keeps it with its tables.
static void search_range(struct bootmap_listener *self, struct boot_memory range)
{
    struct searcher *searcher = CONTAINER(self, struct searcher, listener);
    if (searcher->found != 0 || range.kind != BOOT_MEMORY_RECLAIMABLE) return;
    searcher->found = acpi_search(&acpi_source, range.base, (size_t)range.size);
}

static uint64_t rsdp_find(const struct bootmap_source *source)
{
    const uint16_t *segment = arch_physical_to_virtual(EBDA_SEGMENT);
    uint64_t ebda = (uint64_t)*segment << 4;
    uint64_t found = ebda == 0 ? 0 : acpi_search(&acpi_source, ebda, EBDA_SIZE);
    if (found == 0) found = acpi_search(&acpi_source, BIOS, BIOS_SIZE);
    if (found != 0) return found;
    struct searcher searcher = {.listener = {search_range}};
    source->tell(source, &searcher.listener);
    return searcher.found;
}

// From here on early messages go where firmware has its console, if that is a port: memory cannot
// be mapped yet.
static void console_follow(uint64_t rsdp)
{
    struct acpi acpi;
    struct acpi_table table;
    struct acpi_console console;
    if (acpi_open(&acpi, &acpi_source, rsdp) && acpi_find(&acpi, "SPCR", 0, &table) &&
        acpi_console_read(&table, &console) && console.registers.space == ACPI_PORT)
        (void)console_open(&console);
}

// --- The map ---

static void map_make(struct bootinfo *info, const struct bootmap_source *source)
{
    map.capacity = bootmap_capacity(source, TAKES);
    uint64_t size = map.capacity * sizeof *map.entry;
    uint64_t at = bootmap_place(source, size, boot_reach);
    if (at == 0) boot_refuse("too little memory: no room for its map");
    map.entry = arch_physical_to_virtual(at);
    bootmap_make(&map, source);
    bool has_room = bootmap_carve(&map, at, size, BOOT_MEMORY_KERNEL);
    (void)bootmap_take(&map, PAGE, LOW_MEMORY, BOOT_MEMORY_KERNEL); // else no further processors
    ASSERT(has_room && bootmap_carve(&map, 0, LOW_MEMORY, BOOT_MEMORY_RESERVED));
    info->memory = map.entry;
    info->memory_count = map.count;
}

void boot_start(struct bootinfo *info, const struct bootmap_source *source)
{
    if (info->rsdp == 0) info->rsdp = rsdp_find(source);
    console_follow(info->rsdp);
    map_make(info, source);
    uint64_t line = info->command_line;
    if (line != 0 && !bootmap_has(&map, line, boot_text_size(line, "command line")))
        boot_refuse("the command line is not in memory: 0x%lx", (unsigned long)line);
    start(info);
}

void *boot_memory_take(struct bootinfo *info, size_t size)
{
    uint64_t at = bootmap_take(&map, size, boot_reach, BOOT_MEMORY_KERNEL);
    if (at == 0) boot_refuse("too little memory: 0x%lx bytes for tables", (unsigned long)size);
    info->memory_count = map.count;
    uint64_t *words = arch_physical_to_virtual(at);
    for (size_t i = 0; i < size / sizeof *words; i++) words[i] = 0;
    return words;
}

void boot_memory_return(struct bootinfo *info, uint64_t base, uint64_t size)
{
    bool has_room = bootmap_release(&map, base, size);
    ASSERT(has_room);
    info->memory_count = map.count;
}
