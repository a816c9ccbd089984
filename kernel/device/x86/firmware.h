// SPDX-License-Identifier: MIT
// ACPI in the kernel: its tables opened, and what they offer to end or restart the machine.
#pragma once

#include <abi/bootinfo.h>
#include <abi/status.h>
#include <acpi/acpi.h>

extern struct acpi firmware_acpi;
extern struct acpi_fixed firmware_fixed;

// Opens the tables. False when the machine has none.
bool firmware_init(const struct bootinfo *info);

enum status firmware_power_off(void);
enum status firmware_reset(void);
