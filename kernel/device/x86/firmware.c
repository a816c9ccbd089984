// SPDX-License-Identifier: MIT
// ACPI for the kernel: tables are mapped for good, power goes off by state S5, and the reset
// register restarts. Whatever ACPI cannot do, the keyboard controller and a triple fault can.
// Interrupts are masked.
#include "kernel/device/x86/firmware.h"
#include <arch/arch.h>

enum : uint16_t { PM1_SLEEP_TYPE = 10, PM1_SLEEP_ENABLE = 1u << 13, PM1_SCI = 1u << 0 };
enum : uint16_t { KEYBOARD_COMMAND = 0x64, KEYBOARD_RESET = 0xfe, KEYBOARD_FULL = 1u << 1 };
enum : uint32_t { TRIES = 100'000 };

struct acpi firmware_acpi;
struct acpi_fixed firmware_fixed;

// Of state S5, looked for while the machine starts: it takes long.
static uint8_t sleep_type[2];
static bool has_sleep;

static const void *firmware_map(void *context, uint64_t physical, size_t size)
{
    return arch_map_device(physical, size, SPACE_READ);
}

bool firmware_init(const struct bootinfo *info)
{
    static const struct acpi_source source = {.map = firmware_map};
    struct acpi_table fadt, dsdt;

    if (!acpi_open(&firmware_acpi, &source, info->rsdp)) return false;
    if (!acpi_find(&firmware_acpi, "FACP", 0, &fadt) || !acpi_fixed_read(&fadt, &firmware_fixed))
        return false;
    has_sleep = acpi_table_at(&firmware_acpi, firmware_fixed.dsdt, "DSDT", &dsdt) &&
                acpi_sleep_find(&dsdt, sleep_type);
    return true;
}

static bool register_write(const struct acpi_register *at, uint32_t value, uint32_t bits)
{
    if (at->address == 0) return false;
    if (at->space == ACPI_PORT && at->address <= UINT16_MAX) {
        if (bits == 8) {
            port_out8((uint16_t)at->address, (uint8_t)value);
        } else {
            port_out16((uint16_t)at->address, (uint16_t)value);
        }
        return true;
    }
    if (at->space != ACPI_MEMORY) return false;
    volatile void *memory =
        arch_map_device(at->address, bits / 8, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
    if (memory == nullptr) return false;
    if (bits == 8) {
        *(volatile uint8_t *)memory = (uint8_t)value;
    } else {
        *(volatile uint16_t *)memory = (uint16_t)value;
    }
    return true;
}

// From legacy to ACPI mode, if the machine is in it: the sleep bits mean nothing before.
static void acpi_mode_enter(void)
{
    const struct acpi_register *control = &firmware_fixed.pm1a_control;

    if (firmware_fixed.smi_command == 0 || firmware_fixed.acpi_enable == 0) return;
    if (control->space != ACPI_PORT || control->address > UINT16_MAX) return;
    if (port_in16((uint16_t)control->address) & PM1_SCI) return;
    port_out8((uint16_t)firmware_fixed.smi_command, firmware_fixed.acpi_enable);
    for (uint32_t i = 0; i < TRIES && !(port_in16((uint16_t)control->address) & PM1_SCI); i++) {
    }
}

enum status firmware_power_off(void)
{
    const uint8_t *type = sleep_type;

    if (!has_sleep) return ERR_NOT_SUPPORTED;
    if (firmware_fixed.is_hardware_reduced) {
        enum : uint8_t { TYPE = 2, ENABLE = 1u << 5 };
        register_write(&firmware_fixed.sleep_control, (uint32_t)type[0] << TYPE | ENABLE, 8);
        return ERR_NOT_SUPPORTED;
    }
    acpi_mode_enter();
    register_write(&firmware_fixed.pm1a_control,
                   (uint32_t)type[0] << PM1_SLEEP_TYPE | PM1_SLEEP_ENABLE, 16);
    register_write(&firmware_fixed.pm1b_control,
                   (uint32_t)type[1] << PM1_SLEEP_TYPE | PM1_SLEEP_ENABLE, 16);
    return ERR_NOT_SUPPORTED; // still here
}

enum status firmware_reset(void)
{
    if (firmware_fixed.has_reset) {
        register_write(&firmware_fixed.reset, firmware_fixed.reset_value, 8);
    }
    if (firmware_fixed.has_8042) {
        for (uint32_t i = 0; i < TRIES && port_in8(KEYBOARD_COMMAND) & KEYBOARD_FULL; i++) {
        }
        port_out8(KEYBOARD_COMMAND, KEYBOARD_RESET);
    }
    // No vectors, and an exception: the processor shuts down, which a PC takes as a reset.
    struct [[gnu::packed]] {
        uint16_t limit;
        uint64_t base;
    } nothing = {};
    __asm__ volatile("lidt %0; int3" ::"m"(nothing));
    return ERR_NOT_SUPPORTED;
}
