// SPDX-License-Identifier: MIT
// The kernel's own devices on a PC, found from ACPI: debug console, interrupt controllers, clock;
// and with them the machine's end and its randomness.
#include <abi/object.h>
#include <arch/arch.h>
#include "arch/x86/clock.h"
#include "kernel/device/device.h"
#include "kernel/device/x86/apic.h"
#include "kernel/device/x86/firmware.h"
#include "kernel/device/x86/console.h"
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"
#include "kernel/machine.h"
#include "kernel/option.h"

enum { JITTER_ROUNDS = 64, HARDWARE_TRIES = 16 };

static uint16_t exit_port; // isa-debug-exit, when the command line names it

// What boot_start has found, or the chip of the usual ports, until the tables are read in earnest.
void arch_console_early(const struct bootinfo *info)
{
    if (debug_console == nullptr) (void)console_open(nullptr);
}

// Manufacturer and model as the FADT has them, which is as much as static tables say.
static void machine_name(const struct acpi_table *fadt)
{
    enum : size_t { NAME = 10, NAME_SIZE = 14 };
    static char name[NAME_SIZE + 1];
    size_t size = 0;

    for (size_t i = 0; i < NAME_SIZE; i++) {
        char c = (char)fadt->data[NAME + i];
        bool is_blank = c <= ' ' || c > '~';
        if (!is_blank)
            name[size++] = c;
        else if (size > 0 && name[size - 1] != ' ')
            name[size++] = ' ';
    }
    while (size > 0 && name[size - 1] == ' ') size--;
    name[size] = '\0';
    if (size > 0) machine_set_name(name);
}

void arch_devices_init(const struct bootinfo *info)
{
    struct acpi_table table;
    struct acpi_console console;

    if (!firmware_init(info)) boot_refuse("there are no ACPI tables");
    if (acpi_find(&firmware_acpi, "FACP", 0, &table)) machine_name(&table);
    if (acpi_find(&firmware_acpi, "SPCR", 0, &table) && acpi_console_read(&table, &console))
        (void)console_open(&console);
    if (!acpi_find(&firmware_acpi, "APIC", 0, &table))
        boot_refuse("ACPI tells of no interrupt controller");
    apic_init(&table);
    clock_calibrate(reference_find(&firmware_acpi, &firmware_fixed));
    exit_port = (uint16_t)option_number(info, "isa-debug-exit=");
}

enum status arch_power(uint32_t action, uint32_t exit_code)
{
    if (exit_port != 0 && action == POWER_OFF) port_out32(exit_port, exit_code);
    return action == POWER_OFF ? firmware_power_off() : firmware_reset();
}

static uint64_t rotate(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

// One word of the processor's generator; false when it has none, or it is exhausted again and
// again.
static bool hardware_random(uint64_t *out)
{
    bool has_seed = cpu_feature_use(FEATURE_RDSEED), has_random = cpu_feature_use(FEATURE_RDRAND);
    uintptr_t value = 0;
    bool ok = false;

    for (int i = 0; has_seed && !ok && i < HARDWARE_TRIES; i++) {
        __asm__ volatile("rdseed %0" : "=r"(value), "=@ccc"(ok));
    }
    for (int i = 0; has_random && !ok && i < HARDWARE_TRIES; i++) {
        __asm__ volatile("rdrand %0" : "=r"(value), "=@ccc"(ok));
    }
    *out = value;
    return ok;
}

// Generator and timing jitter are mixed word by word; the caller hashes the result.
bool arch_entropy(const struct bootinfo *info, uint8_t seed[64])
{
    size_t bits = 0;
    for (unsigned word = 0; word < 64 / sizeof(uint64_t); word++) {
        uint64_t mixed = info->initrd_base ^ info->rsdp, random;
        for (unsigned i = 0; i < JITTER_ROUNDS; i++) {
            mixed = (rotate(mixed, 7) ^ tsc_read()) * 0x9e37'79b9'7f4a'7c15;
            (void)cpuid(0, 0);
        }
        if (hardware_random(&random)) {
            mixed ^= random;
            bits += 8 * sizeof(uintptr_t);
        }
        for (unsigned i = 0; i < sizeof(mixed); i++) {
            seed[word * sizeof(mixed) + i] ^= (uint8_t)(mixed >> 8 * i);
        }
    }
    return bits >= SEED_BITS;
}
