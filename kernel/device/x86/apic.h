// SPDX-License-Identifier: MIT
// The interrupt controller of a PC: I/O APICs for lines, and messages straight to local APICs.
#pragma once

#include <acpi/acpi.h>

// Takes over every I/O APIC of the MADT, all lines masked, and registers the controller.
void apic_init(const struct acpi_table *madt);

// The legacy 8259 pair, moved away from exceptions and silenced.
void pic_mask(void);
