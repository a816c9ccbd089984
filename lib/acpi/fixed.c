// SPDX-License-Identifier: MIT
// The FADT, which older firmware makes shorter: a field that lies past the table's end reads as
// zero; and the one object of the DSDT that power-off needs, found in the byte code without
// interpreting it.
#include <acpi/acpi.h>
#include "lib/acpi/field.h"

enum : size_t {
    FADT_DSDT = 40,
    FADT_SCI = 46,
    FADT_SMI_COMMAND = 48,
    FADT_ENABLE = 52,
    FADT_PM1A_CONTROL = 64,
    FADT_PM1B_CONTROL = 68,
    FADT_PM_TIMER = 76,
    FADT_PM1_CONTROL_SIZE = 89,
    FADT_PM_TIMER_SIZE = 91,
    FADT_BOOT_FLAGS = 109,
    FADT_FLAGS = 112,
    FADT_RESET = 116,
    FADT_RESET_VALUE = 128,
    FADT_ARM_FLAGS = 129,
    FADT_X_DSDT = 140,
    FADT_X_PM1A_CONTROL = 172,
    FADT_X_PM1B_CONTROL = 184,
    FADT_X_PM_TIMER = 208,
    FADT_SLEEP_CONTROL = 244,
    FADT_SLEEP_STATUS = 256,
    FADT_SIZE_1 = 116,
    REGISTER_SIZE = 12,
};
enum : uint32_t {
    FLAG_TIMER_32 = 1u << 8,
    FLAG_RESET = 1u << 10,
    FLAG_HARDWARE_REDUCED = 1u << 20,
    BOOT_FLAG_8042 = 1u << 1,
    ARM_FLAG_PSCI = 1u << 0,
    ARM_FLAG_HVC = 1u << 1,
};

bool field_register(const struct acpi_table *table, size_t offset, struct acpi_register *out)
{
    *out = (struct acpi_register){};
    if (table->size < REGISTER_SIZE || offset > table->size - REGISTER_SIZE) return false;

    const uint8_t *at = table->data + offset;
    *out = (struct acpi_register){
        .space = at[0], .bits = at[1], .access = at[3], .address = field_64(at + 4)};
    return out->address != 0;
}

// The extended register if there is one, else the port of the old 32-bit field.
static struct acpi_register either(const struct acpi_table *fadt, size_t extended, size_t legacy,
                                   size_t legacy_size)
{
    struct acpi_register out;

    if (field_register(fadt, extended, &out)) return out;
    out = (struct acpi_register){.address = field_32(fadt->data + legacy),
                                 .space = ACPI_PORT,
                                 .bits = (uint8_t)(fadt->data[legacy_size] * 8)};
    return out;
}

bool acpi_fixed_read(const struct acpi_table *fadt, struct acpi_fixed *fixed)
{
    *fixed = (struct acpi_fixed){};
    if (fadt->size < FADT_SIZE_1) return false;

    const uint8_t *data = fadt->data;
    uint32_t flags = field_32(data + FADT_FLAGS);
    *fixed = (struct acpi_fixed){
        .pm1a_control = either(fadt, FADT_X_PM1A_CONTROL, FADT_PM1A_CONTROL, FADT_PM1_CONTROL_SIZE),
        .pm1b_control = either(fadt, FADT_X_PM1B_CONTROL, FADT_PM1B_CONTROL, FADT_PM1_CONTROL_SIZE),
        .pm_timer = either(fadt, FADT_X_PM_TIMER, FADT_PM_TIMER, FADT_PM_TIMER_SIZE),
        .dsdt = field_32(data + FADT_DSDT),
        .smi_command = field_32(data + FADT_SMI_COMMAND),
        .interrupt = field_16(data + FADT_SCI),
        .acpi_enable = data[FADT_ENABLE],
        .has_8042 = data[8] < 2 || field_16(data + FADT_BOOT_FLAGS) & BOOT_FLAG_8042,
        .timer_is_32_bits = flags & FLAG_TIMER_32,
        .is_hardware_reduced = flags & FLAG_HARDWARE_REDUCED,
    };
    if (flags & FLAG_RESET && field_register(fadt, FADT_RESET, &fixed->reset) &&
        fadt->size > FADT_RESET_VALUE) {
        fixed->has_reset = true;
        fixed->reset_value = data[FADT_RESET_VALUE];
    }
    if (fadt->size >= FADT_ARM_FLAGS + 2) {
        uint16_t arm = field_16(data + FADT_ARM_FLAGS);
        fixed->has_psci = arm & ARM_FLAG_PSCI;
        fixed->psci_by_hvc = arm & ARM_FLAG_HVC;
    }
    if (fadt->size >= FADT_X_DSDT + 8 && field_64(data + FADT_X_DSDT) != 0) {
        fixed->dsdt = field_64(data + FADT_X_DSDT);
    }
    if (fixed->is_hardware_reduced) {
        (void)field_register(fadt, FADT_SLEEP_CONTROL, &fixed->sleep_control);
        (void)field_register(fadt, FADT_SLEEP_STATUS, &fixed->sleep_status);
    }
    return true;
}

// An integer of AML at `*at`; moves past it.
static bool integer_read(const uint8_t *data, size_t size, size_t *at, uint8_t *value)
{
    enum : uint8_t { ZERO = 0x00, ONE = 0x01, BYTE = 0x0a, WORD = 0x0b, DWORD = 0x0c };

    if (*at >= size) return false;
    uint8_t opcode = data[(*at)++];
    size_t bytes = opcode == BYTE ? 1 : opcode == WORD ? 2 : opcode == DWORD ? 4 : 0;
    if (opcode == ZERO || opcode == ONE) {
        *value = opcode;
        return true;
    }
    if (bytes == 0 || bytes > size - *at) return false;
    *value = data[*at];
    *at += bytes;
    return true;
}

// Name(_S5, Package(n) { a, b, ...}): NameOp, perhaps a root prefix, the name, PackageOp, a package
// length of one to four bytes, the count, then integers.
bool acpi_sleep_find(const struct acpi_table *dsdt, uint8_t type[static 2])
{
    enum : uint8_t { NAME = 0x08, ROOT = '\\', PACKAGE = 0x12 };
    const uint8_t *data = dsdt->data;
    size_t size = dsdt->size;

    for (size_t at = ACPI_HEADER_SIZE; at + 8 < size; at++) {
        if (field_32(data + at) != ('_' | 'S' << 8 | '5' << 16 | (uint32_t)'_' << 24)) continue;
        bool is_named = data[at - 1] == NAME || (data[at - 1] == ROOT && data[at - 2] == NAME);
        if (!is_named || data[at + 4] != PACKAGE) continue;

        size_t next = at + 5;
        next += 1 + (data[next] >> 6); // package length
        if (next >= size || data[next] < 1) continue;
        uint8_t count = data[next++];
        if (!integer_read(data, size, &next, &type[0])) continue;
        type[1] = type[0];
        if (count > 1 && !integer_read(data, size, &next, &type[1])) continue;
        return true;
    }
    return false;
}
