// SPDX-License-Identifier: MIT
// ACPI's static tables, read without trust: every length is checked against the memory that holds
// it, every table against its checksum, and nothing is kept but pointers into what the caller
// mapped. No allocation, no AML interpreter, no other library: the kernel and the device manager
// both use it. (ACPI specification 6.5, chapters 5 and 7; PCI firmware specification for MCFG.)
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { ACPI_HEADER_SIZE = 36, ACPI_TABLE_MAX = 16u << 20 };

// Where tables come from: `map` gives the bytes of physical memory, for good, or nullptr.
struct acpi_source {
    const void *(*map)(void *context, uint64_t physical, size_t size);
    void *context;
};

// A whole table, header included; its checksum is right.
struct acpi_table {
    const uint8_t *data;
    size_t size;
    uint64_t physical;
};

struct acpi {
    struct acpi_source source;
    struct acpi_table root; // XSDT or RSDT
    uint32_t entry_size;    // bytes of a pointer in it
};

// Opens the tables whose RSDP is at `rsdp`; false when it or the root table is not right.
bool acpi_open(struct acpi *acpi, const struct acpi_source *source, uint64_t rsdp);

// The physical address of an RSDP in `size` bytes that the BIOS keeps at `physical`; 0: none.
uint64_t acpi_search(const struct acpi_source *source, uint64_t physical, size_t size);

// The table at a physical address, if it has the signature.
bool acpi_table_at(const struct acpi *acpi, uint64_t physical, const char signature[static 4],
                   struct acpi_table *table);

// The `index`th table with the signature.
bool acpi_find(const struct acpi *acpi, const char signature[static 4], uint32_t index,
               struct acpi_table *table);

// The `index`th table whatever it is: for those who pass all of them on.
bool acpi_nth(const struct acpi *acpi, uint32_t index, struct acpi_table *table);

// --- Registers ---

enum acpi_space : uint8_t { ACPI_MEMORY = 0, ACPI_PORT = 1 };

struct acpi_register {
    uint64_t address; // 0: there is none
    uint8_t space;    // enum acpi_space, or one that is not supported here
    uint8_t bits;
    uint8_t access; // 0: any, 1 to 4: 8, 16, 32, 64 bits
};

// --- FADT: fixed hardware ---

struct acpi_fixed {
    struct acpi_register pm1a_control, pm1b_control, pm_timer, reset;
    struct acpi_register sleep_control, sleep_status; // hardware-reduced machines
    uint64_t dsdt;                                    // physical
    uint32_t smi_command;                             // port; 0: the machine is in ACPI mode
    uint16_t interrupt;                               // SCI
    uint8_t acpi_enable;                              // value for smi_command
    uint8_t reset_value;
    bool has_reset, has_8042, timer_is_32_bits, is_hardware_reduced;
    bool has_psci, psci_by_hvc; // Arm: power by PSCI, called by HVC rather than SMC
};

bool acpi_fixed_read(const struct acpi_table *fadt, struct acpi_fixed *fixed);

// The values that put the machine into state S5, from the package \_S5 in the DSDT's byte code.
bool acpi_sleep_find(const struct acpi_table *dsdt, uint8_t type[static 2]);

// --- MADT: interrupt controllers ---

enum acpi_controller : uint8_t {
    ACPI_LAPIC = 0,
    ACPI_IOAPIC = 1,
    ACPI_OVERRIDE = 2,
    ACPI_NMI_SOURCE = 3,
    ACPI_LAPIC_NMI = 4,
    ACPI_LAPIC_ADDRESS = 5,
    ACPI_X2APIC = 9,
    ACPI_GIC_CPU = 11,
    ACPI_GIC_DISTRIBUTOR = 12,
    ACPI_GIC_FRAME = 13, // for messages, version 2
    ACPI_GIC_REDISTRIBUTORS = 14,
    ACPI_GIC_ITS = 15,
};

enum : uint32_t { ACPI_CPU_ENABLED = 1u << 0, ACPI_CPU_CAN_ENABLE = 1u << 3 }; // of a GIC_CPU
enum : uint32_t { ACPI_FRAME_TOLD = 1u << 0 }; // line and count are for the frame's own

// Polarity and trigger of an override, from the MPS flags: 0 means as the bus has it.
enum : uint16_t {
    ACPI_POLARITY = 3,
    ACPI_ACTIVE_HIGH = 1,
    ACPI_ACTIVE_LOW = 3,
    ACPI_TRIGGER = 3 << 2,
    ACPI_EDGE = 1 << 2,
    ACPI_LEVEL = 3 << 2,
};

struct acpi_controller_entry {
    uint8_t type;   // enum acpi_controller, or one that is not decoded
    uint32_t id;    // LAPIC, X2APIC: APIC id; IOAPIC: its id; LAPIC_NMI: processor
    uint32_t flags; // LAPIC, X2APIC: bit 0 enabled, bit 1 can be; others: MPS flags
    uint32_t line;  // IOAPIC: first global interrupt; OVERRIDE, NMI_SOURCE: global interrupt
    uint8_t source; // OVERRIDE: ISA interrupt; LAPIC_NMI: LINT
    uint64_t address;
    uint64_t affinity;      // GIC_CPU: MPIDR
    uint64_t redistributor; // GIC_CPU: its own; 0: see GIC_REDISTRIBUTORS
    uint32_t size;          // GIC_REDISTRIBUTORS: bytes at address
    uint16_t count;         // GIC_FRAME: of interrupts, from line on
    uint8_t version;        // GIC_DISTRIBUTOR: of the GIC; 0: not told
};

// Steps through a MADT: `position` starts at 0. False at the end or at a malformed entry.
bool acpi_controller_next(const struct acpi_table *madt, size_t *position,
                          struct acpi_controller_entry *entry);

// Where the processors' local APICs are.
uint64_t acpi_lapic_address(const struct acpi_table *madt);

// What an ISA interrupt is called globally, with its MPS flags.
void acpi_isa_interrupt(const struct acpi_table *madt, uint8_t isa, uint32_t *line,
                        uint16_t *flags);

// --- Others ---

// GTDT: the interrupt of each CPU's virtual timer.
bool acpi_timer_read(const struct acpi_table *gtdt, uint32_t *line);

// HPET: its registers.
bool acpi_hpet_read(const struct acpi_table *hpet, struct acpi_register *registers);

// MCFG: configuration space of PCI buses, mapped into memory.
struct acpi_pci_segment {
    uint64_t address; // of bus 0's, whatever the first bus
    uint16_t segment;
    uint8_t first_bus, last_bus;
};
bool acpi_pci_segment(const struct acpi_table *mcfg, uint32_t index, struct acpi_pci_segment *out);

// IORT: what hears the messages of a PCI function, and what it knows the function by. `requester`
// is bus << 8 | slot << 3 | function. False: the table does not lead from there to anything.
struct acpi_sender {
    uint32_t id;
    uint32_t its; // as MADT's ACPI_GIC_ITS has it in `id`; of a group the first
};
bool acpi_sender_find(const struct acpi_table *iort, uint16_t segment, uint16_t requester,
                      struct acpi_sender *sender);

// SPCR: the serial console that the firmware uses.
enum acpi_console_type : uint8_t {
    ACPI_CONSOLE_16550 = 0,
    ACPI_CONSOLE_16450 = 1,
    ACPI_CONSOLE_PL011 = 3,
    ACPI_CONSOLE_SBSA_32 = 13, // what a PL011 has of it, by words
    ACPI_CONSOLE_SBSA = 14,
    ACPI_CONSOLE_16550_AT = 18, // where the register says
};
struct acpi_console {
    uint8_t type; // enum acpi_console_type, or another
    struct acpi_register registers;
    uint32_t line;      // global interrupt; 0: none
    uint32_t baud_code; // 0: as it is, 3: 9600, 4: 19200, 6: 57600, 7: 115200
};
bool acpi_console_read(const struct acpi_table *spcr, struct acpi_console *console);
