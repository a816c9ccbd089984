// SPDX-License-Identifier: MIT
// Feeds the readers of ACPI tables with anything: the input is first one table, whatever it says
// that it is, and then the machine's whole physical memory with an RSDP at its start. Each mapping
// is a copy of exactly what was asked for, so that the sanitizer sees the first byte too many.
#include <acpi/acpi.h>

#include "lib/acpi/acpi.c"
#include "lib/acpi/fixed.c"
#include "lib/acpi/remap.c"
#include "lib/acpi/table.c"

#include <stdlib.h>
#include <string.h>

enum : uint64_t { RSDP = 16 };
enum { MAPPING_COUNT = 1024 };

static const uint8_t *memory;
static size_t memory_size;
static void *mapping[MAPPING_COUNT];
static uint32_t mapping_count;

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static const void *memory_map(void *context, uint64_t physical, size_t size)
{
    uint64_t at = physical - RSDP;
    if (at > memory_size || size > memory_size - at || mapping_count == MAPPING_COUNT)
        return nullptr;
    void *copy = malloc(size);
    memcpy(copy, memory + at, size);
    mapping[mapping_count++] = copy;
    return copy;
}

static void must(bool condition)
{
    if (!condition) abort();
}

static void table_read_all(const struct acpi_table *table)
{
    struct acpi_controller_entry entry;
    struct acpi_register at;
    struct acpi_pci_segment segment;
    struct acpi_console console;
    struct acpi_sender sender;
    struct acpi_fixed fixed;
    uint8_t type[2];
    uint32_t line;
    uint16_t flags;
    size_t steps = 0;

    for (size_t position = 0; acpi_controller_next(table, &position, &entry); steps++)
        must(position <= table->size && steps < table->size);
    (void)acpi_lapic_address(table);
    acpi_isa_interrupt(table, 4, &line, &flags);
    (void)acpi_hpet_read(table, &at);
    for (uint32_t i = 0; acpi_pci_segment(table, i, &segment); i++)
        must(segment.first_bus <= segment.last_bus);
    (void)acpi_console_read(table, &console);
    (void)acpi_sender_find(table, 0, 0x100, &sender);
    (void)acpi_fixed_read(table, &fixed);
    (void)acpi_sleep_find(table, type);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static const struct acpi_source source = {.map = memory_map};
    struct acpi acpi;
    struct acpi_table table;

    memory = input;
    memory_size = size;
    if (size >= ACPI_HEADER_SIZE) {
        table = (struct acpi_table){.data = memory_map(nullptr, RSDP, size), .size = size};
        table_read_all(&table);
    }
    if (acpi_open(&acpi, &source, RSDP)) {
        for (uint32_t i = 0; i < 16; i++)
            if (acpi_nth(&acpi, i, &table)) table_read_all(&table);
    }
    (void)acpi_search(&source, RSDP, size);
    while (mapping_count > 0) free(mapping[--mapping_count]);
    return 0;
}
