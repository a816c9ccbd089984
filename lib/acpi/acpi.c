// SPDX-License-Identifier: MIT
// Finding tables: root pointer, root table, checksums. A table is mapped twice: its header, to
// learn the size, then all of it; what the second view says of the size must agree.
#include <acpi/acpi.h>
#include "lib/acpi/field.h"

enum : size_t { RSDP_SIZE_1 = 20, RSDP_SIZE_2 = 36, RSDP_STEP = 16 };

static bool bytes_equal(const uint8_t *data, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] != (uint8_t)text[i]) return false;
    }
    return true;
}

static bool sum_is_zero(const uint8_t *data, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++) sum += data[i];
    return sum == 0;
}

static bool table_read(const struct acpi_source *source, uint64_t physical,
                       struct acpi_table *table)
{
    if (physical == 0) return false;
    const uint8_t *header = source->map(source->context, physical, ACPI_HEADER_SIZE);
    if (header == nullptr) return false;
    size_t size = field_32(header + 4);
    if (size < ACPI_HEADER_SIZE || size > ACPI_TABLE_MAX) return false;

    const uint8_t *data = source->map(source->context, physical, size);
    if (data == nullptr || field_32(data + 4) != size || !sum_is_zero(data, size)) return false;
    *table = (struct acpi_table){.data = data, .size = size, .physical = physical};
    return true;
}

static bool rsdp_is_valid(const uint8_t *data)
{
    return bytes_equal(data, "RSD PTR ", 8) && sum_is_zero(data, RSDP_SIZE_1);
}

bool acpi_open(struct acpi *acpi, const struct acpi_source *source, uint64_t rsdp)
{
    *acpi = (struct acpi){.source = *source};
    if (rsdp == 0) return false;
    const uint8_t *data = source->map(source->context, rsdp, RSDP_SIZE_1);
    if (data == nullptr || !rsdp_is_valid(data)) return false;

    uint32_t rsdt = field_32(data + 16);
    bool is_extended = data[15] >= 2;
    if (is_extended) {
        data = source->map(source->context, rsdp, RSDP_SIZE_2);
        is_extended = data != nullptr && sum_is_zero(data, RSDP_SIZE_2);
    }
    if (is_extended && table_read(source, field_64(data + 24), &acpi->root) &&
        bytes_equal(acpi->root.data, "XSDT", 4)) {
        acpi->entry_size = 8;
        return true;
    }
    acpi->entry_size = 4;
    return table_read(source, rsdt, &acpi->root) && bytes_equal(acpi->root.data, "RSDT", 4);
}

uint64_t acpi_search(const struct acpi_source *source, uint64_t physical, size_t size)
{
    const uint8_t *data = source->map(source->context, physical, size);
    if (data == nullptr) return 0;

    for (size_t at = 0; size >= RSDP_SIZE_1 && at <= size - RSDP_SIZE_1; at += RSDP_STEP) {
        if (rsdp_is_valid(data + at)) return physical + at;
    }
    return 0;
}

bool acpi_table_at(const struct acpi *acpi, uint64_t physical, const char signature[static 4],
                   struct acpi_table *table)
{
    if (physical == 0) return false;
    const uint8_t *header = acpi->source.map(acpi->source.context, physical, ACPI_HEADER_SIZE);
    if (header == nullptr || !bytes_equal(header, signature, 4)) return false;
    return table_read(&acpi->source, physical, table) && bytes_equal(table->data, signature, 4);
}

// The address in entry `index` of the root table; 0: past its end.
static uint64_t root_entry(const struct acpi *acpi, uint32_t index)
{
    size_t count = (acpi->root.size - ACPI_HEADER_SIZE) / acpi->entry_size;
    if (index >= count) return 0;

    const uint8_t *at = acpi->root.data + ACPI_HEADER_SIZE + (size_t)index * acpi->entry_size;
    return acpi->entry_size == 8 ? field_64(at) : field_32(at);
}

bool acpi_find(const struct acpi *acpi, const char signature[static 4], uint32_t index,
               struct acpi_table *table)
{
    size_t count = (acpi->root.size - ACPI_HEADER_SIZE) / acpi->entry_size;

    for (uint32_t i = 0; i < count; i++) {
        if (acpi_table_at(acpi, root_entry(acpi, i), signature, table) && index-- == 0) {
            return true;
        }
    }
    return false;
}

bool acpi_nth(const struct acpi *acpi, uint32_t index, struct acpi_table *table)
{
    return table_read(&acpi->source, root_entry(acpi, index), table);
}
