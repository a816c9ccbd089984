// SPDX-License-Identifier: MIT
// The high-precision event timer's main counter. Its comparators stay off: the kernel takes its
// timer interrupts from the local APIC. (IA-PC HPET specification 1.0a.)
#include "kernel/device/x86/reference.h"
#include <arch/arch.h>

enum : size_t { CAPABILITIES = 0, CONFIGURATION = 0x10, COUNTER = 0xf0, REGISTERS_SIZE = 1024 };
enum : uint64_t {
    ENABLE = 1u << 0,
    LEGACY_ROUTES = 1u << 1,
    FEMTOSECONDS = 1'000'000'000'000'000,
    PERIOD_MAX = 100'000'000, // by the specification: at least 10 MHz
};

static volatile uint8_t *registers;
static struct reference reference = {.name = "hpet"};

static uint64_t hpet_register(size_t offset)
{
    return *(volatile uint64_t *)(registers + offset);
}

static uint64_t hpet_read(void)
{
    return *(volatile uint32_t *)(registers + COUNTER);
}

const struct reference *hpet_open(const struct acpi *acpi)
{
    struct acpi_table table;
    struct acpi_register at;

    if (!acpi_find(acpi, "HPET", 0, &table) || !acpi_hpet_read(&table, &at)) return nullptr;
    if (at.space != ACPI_MEMORY) return nullptr;
    registers =
        arch_map_device(at.address, REGISTERS_SIZE, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
    if (registers == nullptr) return nullptr;

    uint64_t period = hpet_register(CAPABILITIES) >> 32;
    if (period == 0 || period > PERIOD_MAX) return nullptr;
    reference.read = hpet_read;
    reference.frequency = FEMTOSECONDS / period;
    reference.mask = UINT32_MAX; // the lower half is enough, and one access everywhere
    uint64_t configuration = hpet_register(CONFIGURATION) & ~(uint64_t)LEGACY_ROUTES;
    *(volatile uint64_t *)(registers + CONFIGURATION) = configuration | ENABLE;
    return &reference;
}
