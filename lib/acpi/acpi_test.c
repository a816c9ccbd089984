// SPDX-License-Identifier: MIT
// A machine's tables made here byte by byte in a small physical memory: what is in them is found,
// and every cut or damaged table is refused without reading past what was mapped. Each mapping is a
// copy of exactly the size that was asked for, so that the sanitizer sees the first byte too many.
#include "test/unit.h"

#include <acpi/acpi.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_SIZE = 8192, MAPPING_COUNT = 4096 };
enum { AT_RSDP = 0x40, AT_XSDT = 0x100, AT_FADT = 0x200, AT_MADT = 0x400, AT_HPET = 0x600 };
enum { AT_MCFG = 0x700, AT_SPCR = 0x800, AT_DSDT = 0x900, AT_RSDT = 0xa00 };

static uint8_t memory[MEMORY_SIZE];
static void *mapping[MAPPING_COUNT];
static uint32_t mapping_count;

static const void *test_map(void *context, uint64_t physical, size_t size)
{
    if (physical > MEMORY_SIZE || size > MEMORY_SIZE - physical) return nullptr;
    if (mapping_count == MAPPING_COUNT) abort();
    void *copy = malloc(size);
    memcpy(copy, memory + physical, size);
    mapping[mapping_count++] = copy;
    return copy;
}

static const struct acpi_source source = {.map = test_map};

static void release(void)
{
    while (mapping_count > 0) free(mapping[--mapping_count]);
}

static void put(uint32_t at, uint64_t value, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) memory[at + i] = (uint8_t)(value >> (8 * i));
}

// Makes the sum of `size` bytes zero by the byte at `where`.
static void sum_fix(uint32_t at, uint32_t size, uint32_t where)
{
    uint8_t sum = 0;

    memory[at + where] = 0;
    for (uint32_t i = 0; i < size; i++) sum = (uint8_t)(sum + memory[at + i]);
    memory[at + where] = (uint8_t)-sum;
}

static void table_finish(uint32_t at, const char *signature, uint32_t size)
{
    memcpy(memory + at, signature, 4);
    put(at + 4, size, 4);
    memory[at + 8] = 5;
    sum_fix(at, size, 9);
}

static void put_register(uint32_t at, uint8_t space, uint8_t bits, uint64_t address)
{
    memory[at] = space;
    memory[at + 1] = bits;
    put(at + 4, address, 8);
}

static void put_fadt(void)
{
    put(AT_FADT + 40, AT_DSDT, 4);
    put(AT_FADT + 46, 9, 2);
    put(AT_FADT + 48, 0xb2, 4);
    memory[AT_FADT + 52] = 2;
    put(AT_FADT + 64, 0x604, 4);
    memory[AT_FADT + 89] = 2;
    put(AT_FADT + 76, 0x608, 4);
    memory[AT_FADT + 91] = 4;
    put(AT_FADT + 109, 2, 2);
    put(AT_FADT + 112, 1u << 8 | 1u << 10, 4);
    put_register(AT_FADT + 116, ACPI_PORT, 8, 0xcf9);
    memory[AT_FADT + 128] = 0xf;
    put_register(AT_FADT + 172, ACPI_PORT, 16, 0x1604);
    table_finish(AT_FADT, "FACP", 244);
}

static void put_madt(void)
{
    static const uint8_t entries[] = {
        0, 8,  0, 7, 1, 0, 0,    0,                   // local APIC 7, enabled
        1, 12, 3, 0, 0, 0, 0xc0, 0xfe, 16,   0, 0, 0, // I/O APIC 3 at 0xfec00000, from 16 on
        2, 10, 0, 0, 2, 0, 0,    0,    0,    0,       // ISA 0 is line 2
        2, 10, 0, 9, 9, 0, 0,    0,    0x0d, 0,       // ISA 9: level, active high
        9, 16, 0, 0, 0, 3, 0,    0,    1,    0, 0, 0, 9, 0, 0, 0, // x2APIC 768
        4, 6,  5, 0, 0, 1,                                        // NMI at LINT1 of processor 5
        5, 12, 0, 0, 0, 0, 0xe0, 0xfe, 1,    0, 0, 0,             // local APICs at 0x1fee00000
    };
    put(AT_MADT + 36, 0xfee0'0000, 4);
    memcpy(memory + AT_MADT + 44, entries, sizeof entries);
    table_finish(AT_MADT, "APIC", 44 + sizeof entries);
}

// An Arm machine's: a CPU, its GIC's parts. Returns the size of the table.
static uint32_t put_madt_arm(void)
{
    uint32_t at = AT_MADT + 44;

    memset(memory + AT_MADT, 0, AT_HPET - AT_MADT);
    memory[at] = ACPI_GIC_CPU;
    memory[at + 1] = 80;
    put(at + 12, ACPI_CPU_ENABLED, 4);
    put(at + 32, 0x801'0000, 8);
    put(at + 60, 0x80c'0000, 8);
    put(at + 68, 0x1'0000'0203, 8);
    at += 80;
    memory[at] = ACPI_GIC_DISTRIBUTOR;
    memory[at + 1] = 24;
    put(at + 8, 0x800'0000, 8);
    memory[at + 20] = 3;
    at += 24;
    memory[at] = ACPI_GIC_FRAME;
    memory[at + 1] = 24;
    put(at + 8, 0x802'0000, 8);
    put(at + 16, ACPI_FRAME_TOLD, 4);
    put(at + 20, 64, 2);
    put(at + 22, 80, 2);
    at += 24;
    memory[at] = ACPI_GIC_REDISTRIBUTORS;
    memory[at + 1] = 16;
    put(at + 4, 0x80a'0000, 8);
    put(at + 12, 0xf6'0000, 4);
    at += 16;
    memory[at] = ACPI_GIC_ITS;
    memory[at + 1] = 20;
    put(at + 8, 0x808'0000, 8);
    at += 20;
    table_finish(AT_MADT, "APIC", at - AT_MADT);
    return at - AT_MADT;
}

static void put_dsdt(void)
{
    static const uint8_t code[] = {0x5b, 0x80, '_',  'S', '5',  '_',  0x08, '_',  'S', '5',
                                   '_',  0x12, 0x08, 4,   0x0a, 0x05, 0x0a, 0x07, 0,   0};
    memcpy(memory + AT_DSDT + 36, code, sizeof code);
    table_finish(AT_DSDT, "DSDT", 36 + sizeof code);
}

static void put_rsdp(uint8_t revision)
{
    memcpy(memory + AT_RSDP, "RSD PTR ", 8);
    memory[AT_RSDP + 15] = revision;
    put(AT_RSDP + 16, AT_RSDT, 4);
    put(AT_RSDP + 20, 36, 4);
    put(AT_RSDP + 24, AT_XSDT, 8);
    sum_fix(AT_RSDP, 20, 8);
    sum_fix(AT_RSDP, 36, 32);
}

static void machine_make(void)
{
    static const uint32_t tables[] = {AT_FADT, AT_MADT, AT_HPET, AT_MCFG, AT_SPCR};

    release();
    memset(memory, 0, sizeof memory);
    put_rsdp(2);
    put_fadt();
    put_madt();
    put_dsdt();
    put_register(AT_HPET + 40, ACPI_MEMORY, 64, 0xfed0'0000);
    table_finish(AT_HPET, "HPET", 56);
    put(AT_MCFG + 44, 0xb000'0000, 8);
    put(AT_MCFG + 52, 1, 2);
    memory[AT_MCFG + 55] = 0xff;
    table_finish(AT_MCFG, "MCFG", 60);
    memory[AT_SPCR + 36] = 18;
    put_register(AT_SPCR + 40, ACPI_PORT, 8, 0x3f8);
    memory[AT_SPCR + 52] = 3;
    put(AT_SPCR + 54, 4, 4);
    memory[AT_SPCR + 58] = 7;
    table_finish(AT_SPCR, "SPCR", 80);
    for (uint32_t i = 0; i < 5; i++) {
        put(AT_XSDT + 36 + 8 * i, tables[i], 8);
        put(AT_RSDT + 36 + 4 * i, tables[i], 4);
    }
    table_finish(AT_XSDT, "XSDT", 36 + 5 * 8);
    table_finish(AT_RSDT, "RSDT", 36 + 5 * 4);
}

// Everything that readers do with a machine's tables; the result does not matter.
static void read_all(void)
{
    static const char signature[][5] = {"FACP", "APIC", "HPET", "MCFG", "SPCR", "DSDT"};
    struct acpi acpi;
    struct acpi_table table;

    if (!acpi_open(&acpi, &source, AT_RSDP)) return;
    for (uint32_t i = 0; i < 64; i++) (void)acpi_nth(&acpi, i, &table);
    for (uint32_t i = 0; i < 6; i++) {
        if (!acpi_find(&acpi, signature[i], 0, &table)) continue;
        struct acpi_fixed fixed;
        struct acpi_controller_entry entry;
        struct acpi_register at;
        struct acpi_pci_segment segment;
        struct acpi_console console;
        struct acpi_table dsdt;
        uint8_t type[2];
        for (size_t position = 0; acpi_controller_next(&table, &position, &entry);) {
        }
        (void)acpi_lapic_address(&table);
        (void)acpi_hpet_read(&table, &at);
        (void)acpi_pci_segment(&table, 0, &segment);
        (void)acpi_pci_segment(&table, UINT32_MAX, &segment);
        (void)acpi_console_read(&table, &console);
        (void)acpi_sleep_find(&table, type);
        if (acpi_fixed_read(&table, &fixed) && acpi_table_at(&acpi, fixed.dsdt, "DSDT", &dsdt)) {
            (void)acpi_sleep_find(&dsdt, type);
        }
    }
    release();
}

TEST("tables are found through the XSDT, and through the RSDT of an old machine")
{
    struct acpi acpi;
    struct acpi_table table;

    for (uint8_t revision = 0; revision <= 2; revision += 2) {
        machine_make();
        put_rsdp(revision);
        EXPECT(acpi_open(&acpi, &source, AT_RSDP));
        EXPECT(acpi.entry_size == (revision == 2 ? 8 : 4));
        EXPECT(acpi_find(&acpi, "HPET", 0, &table) && table.physical == AT_HPET);
        EXPECT(!acpi_find(&acpi, "HPET", 1, &table));
        EXPECT(acpi_nth(&acpi, 3, &table) && table.physical == AT_MCFG);
        EXPECT(!acpi_nth(&acpi, 5, &table));
    }
    EXPECT(acpi_search(&source, 0, 1024) == AT_RSDP);
    EXPECT(acpi_search(&source, 0x100, 1024) == 0);
    release();
}

TEST("the FADT gives power and reset registers, extended ones first")
{
    struct acpi acpi;
    struct acpi_table table, dsdt;
    struct acpi_fixed fixed;
    uint8_t type[2];

    machine_make();
    EXPECT(acpi_open(&acpi, &source, AT_RSDP));
    EXPECT(acpi_find(&acpi, "FACP", 0, &table) && acpi_fixed_read(&table, &fixed));
    EXPECT(fixed.pm1a_control.address == 0x1604 && fixed.pm1b_control.address == 0);
    EXPECT(fixed.pm_timer.address == 0x608 && fixed.pm_timer.bits == 32);
    EXPECT(fixed.has_reset && fixed.reset.address == 0xcf9 && fixed.reset_value == 0xf);
    EXPECT(fixed.smi_command == 0xb2 && fixed.acpi_enable == 2 && fixed.interrupt == 9);
    EXPECT(fixed.timer_is_32_bits && fixed.has_8042 && !fixed.is_hardware_reduced);
    EXPECT(acpi_table_at(&acpi, fixed.dsdt, "DSDT", &dsdt));
    EXPECT(acpi_sleep_find(&dsdt, type) && type[0] == 5 && type[1] == 7);
    release();
}

TEST("the MADT lists controllers and the wiring of ISA interrupts")
{
    struct acpi acpi;
    struct acpi_table table;
    struct acpi_controller_entry entry;
    size_t position = 0;
    uint32_t line, seen = 0;
    uint16_t flags;

    machine_make();
    EXPECT(acpi_open(&acpi, &source, AT_RSDP) && acpi_find(&acpi, "APIC", 0, &table));
    while (acpi_controller_next(&table, &position, &entry)) {
        seen++;
        if (entry.type == ACPI_LAPIC) EXPECT(entry.id == 7 && entry.flags == 1);
        if (entry.type == ACPI_IOAPIC) EXPECT(entry.address == 0xfec0'0000 && entry.line == 16);
        if (entry.type == ACPI_X2APIC) EXPECT(entry.id == 768 && entry.flags == 1);
        if (entry.type == ACPI_LAPIC_NMI) EXPECT(entry.id == 5 && entry.source == 1);
    }
    EXPECT(seen == 7);
    EXPECT(acpi_lapic_address(&table) == 0x1'fee0'0000);
    acpi_isa_interrupt(&table, 0, &line, &flags);
    EXPECT(line == 2 && flags == 0);
    acpi_isa_interrupt(&table, 9, &line, &flags);
    EXPECT(line == 9 && (flags & ACPI_TRIGGER) == ACPI_LEVEL);
    acpi_isa_interrupt(&table, 4, &line, &flags);
    EXPECT(line == 4 && flags == 0);
    release();
}

TEST("the MADT of an Arm machine lists CPUs and the parts of its GIC")
{
    struct acpi acpi;
    struct acpi_table table;
    struct acpi_controller_entry entry;
    size_t position = 0;
    uint32_t seen = 0;

    machine_make();
    put_madt_arm();
    EXPECT(acpi_open(&acpi, &source, AT_RSDP) && acpi_find(&acpi, "APIC", 0, &table));
    for (; acpi_controller_next(&table, &position, &entry); seen++) {
        switch (entry.type) {
        case ACPI_GIC_CPU:
            EXPECT(entry.affinity == 0x1'0000'0203 && entry.flags == ACPI_CPU_ENABLED);
            EXPECT(entry.address == 0x801'0000 && entry.redistributor == 0x80c'0000);
            break;
        case ACPI_GIC_DISTRIBUTOR: EXPECT(entry.address == 0x800'0000 && entry.version == 3); break;
        case ACPI_GIC_FRAME:
            EXPECT(entry.address == 0x802'0000 && entry.line == 80 && entry.count == 64);
            break;
        case ACPI_GIC_REDISTRIBUTORS:
            EXPECT(entry.address == 0x80a'0000 && entry.size == 0xf6'0000);
            break;
        default: EXPECT(entry.type == ACPI_GIC_ITS && entry.address == 0x808'0000);
        }
    }
    EXPECT(seen == 5);
    release();
}

TEST("an Arm machine's power is PSCI's, and its timer's interrupt is told")
{
    struct acpi acpi;
    struct acpi_table table;
    struct acpi_fixed fixed;
    uint32_t line;

    machine_make();
    put(AT_FADT + 129, 3, 2);
    table_finish(AT_FADT, "FACP", 244);
    put(AT_HPET + 64, 27, 4);
    table_finish(AT_HPET, "GTDT", 96);
    EXPECT(acpi_open(&acpi, &source, AT_RSDP));
    EXPECT(acpi_find(&acpi, "FACP", 0, &table) && acpi_fixed_read(&table, &fixed));
    EXPECT(fixed.has_psci && fixed.psci_by_hvc);
    EXPECT(acpi_find(&acpi, "GTDT", 0, &table) && acpi_timer_read(&table, &line) && line == 27);
    put(AT_HPET + 64, 0, 4);
    table_finish(AT_HPET, "GTDT", 96);
    EXPECT(acpi_find(&acpi, "GTDT", 0, &table) && !acpi_timer_read(&table, &line));
    release();
}

TEST("timer, PCI segments and serial console are read")
{
    struct acpi acpi;
    struct acpi_table table;
    struct acpi_register at;
    struct acpi_pci_segment segment;
    struct acpi_console console;

    machine_make();
    EXPECT(acpi_open(&acpi, &source, AT_RSDP));
    EXPECT(acpi_find(&acpi, "HPET", 0, &table) && acpi_hpet_read(&table, &at));
    EXPECT(at.address == 0xfed0'0000 && at.space == ACPI_MEMORY);
    EXPECT(acpi_find(&acpi, "MCFG", 0, &table) && acpi_pci_segment(&table, 0, &segment));
    EXPECT(segment.address == 0xb000'0000 && segment.segment == 1 && segment.last_bus == 255);
    EXPECT(!acpi_pci_segment(&table, 1, &segment));
    EXPECT(acpi_find(&acpi, "SPCR", 0, &table) && acpi_console_read(&table, &console));
    EXPECT(console.type == 18 && console.registers.address == 0x3f8 && console.line == 4);
    EXPECT(console.baud_code == 7);
    release();
}

TEST("a wrong checksum, signature or pointer is refused")
{
    struct acpi acpi;
    struct acpi_table table;

    machine_make();
    EXPECT(!acpi_open(&acpi, &source, 0));
    EXPECT(!acpi_open(&acpi, &source, AT_RSDP + 16));
    EXPECT(!acpi_open(&acpi, &source, MEMORY_SIZE - 8));
    memory[AT_HPET + 50] ^= 1;
    EXPECT(acpi_open(&acpi, &source, AT_RSDP) && !acpi_find(&acpi, "HPET", 0, &table));
    memory[AT_XSDT + 40] ^= 1; // the RSDT still serves
    EXPECT(acpi_open(&acpi, &source, AT_RSDP) && acpi.entry_size == 4);
    memory[AT_RSDT + 40] ^= 1;
    EXPECT(!acpi_open(&acpi, &source, AT_RSDP));
    release();
}

TEST("a table cut short anywhere is read no farther")
{
    static const struct {
        const char *signature;
        uint32_t at, size;
    } tables[] = {
        {"FACP", AT_FADT, 244}, {"APIC", AT_MADT, 120}, {"HPET", AT_HPET, 56},
        {"MCFG", AT_MCFG, 60},  {"SPCR", AT_SPCR, 80},  {"DSDT", AT_DSDT, 56},
    };

    for (uint32_t i = 0; i < 6; i++) {
        for (uint32_t size = 0; size < tables[i].size; size++) {
            machine_make();
            table_finish(tables[i].at, tables[i].signature, size);
            read_all();
        }
    }
    machine_make();
    for (uint32_t size = put_madt_arm(); size > 0; size--) {
        table_finish(AT_MADT, "APIC", size - 1);
        read_all();
    }
    EXPECT(mapping_count == 0);
}

TEST("damaged bytes with right checksums do no harm")
{
    static const uint32_t places[] = {AT_FADT, AT_MADT, AT_HPET, AT_MCFG, AT_SPCR, AT_DSDT};
    static const uint32_t sizes[] = {244, 120, 56, 60, 80, 56};
    uint32_t random = 1;

    for (uint32_t round = 0; round < 3000; round++) {
        machine_make();
        random = random * 1664525 + 1013904223;
        uint32_t i = (random >> 8) % 6;
        for (uint32_t hits = 0; hits < 3; hits++) {
            random = random * 1664525 + 1013904223;
            memory[places[i] + 36 + (random >> 8) % (sizes[i] - 36)] = (uint8_t)(random >> 20);
        }
        sum_fix(places[i], sizes[i], 9);
        read_all();
    }
    EXPECT(mapping_count == 0);
}
