// SPDX-License-Identifier: MIT
// What the device manager asks ACPI's static tables. On a machine without them nothing is found,
// and ISA interrupts are what they are called.
#pragma once

#include "device.h"

#include <acpi/acpi.h>

// Opens the tables whose RSDP the kernel told.
void firmware_open(const struct roots *roots, uint64_t rsdp);

// The kernel's number and flags (INTERRUPT_*) of an ISA interrupt, as the board is wired.
uint32_t firmware_isa_interrupt(uint8_t isa, uint32_t *flags);

// The serial port that the firmware talks through: its first I/O port and interrupt; false when it
// tells of none, or of one that is no 16550 behind I/O ports. An interrupt of 0: not known.
bool firmware_serial_port(uint16_t *port, uint32_t *interrupt);

// Announces the UART of the console that the firmware uses, unless it is a PC's: pc_enumerate's.
enum status firmware_enumerate(const struct roots *roots);

// What the interrupt controller knows the PCI function by that is requester `requester` of its
// segment; false: the kernel's controller does not hear its messages.
bool firmware_message_id(uint16_t segment, uint16_t requester, uint32_t *id);

// Entry `index` of MCFG: the configuration space of PCI buses, mapped into memory; false: none.
bool firmware_pci_segment(uint32_t index, struct acpi_pci_segment *segment);
