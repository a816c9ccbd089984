// SPDX-License-Identifier: MIT
// Fields of tables: little-endian, at any alignment.
#pragma once

#include <acpi/acpi.h>

static inline uint16_t field_16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t field_32(const uint8_t *at)
{
    return field_16(at) | (uint32_t)field_16(at + 2) << 16;
}

static inline uint64_t field_64(const uint8_t *at)
{
    return field_32(at) | (uint64_t)field_32(at + 4) << 32;
}

// A generic address structure at `offset` of the table; false when it lies outside or is empty.
bool field_register(const struct acpi_table *table, size_t offset, struct acpi_register *out);
