// SPDX-License-Identifier: MIT
// This CPU's registers as the kernel wants them, the kernel's own devices, and randomness.
#include "kernel/schedule/cpu.h"
#include "kernel/device/aarch64/description.h"
#include "kernel/device/aarch64/driver.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/log.h"
#include "feature.h"
#include "map.h"
#include "port.h"
#include <arch/arch.h>

enum : size_t { DTB_MAX = 2u << 20, FLOAT_SIZE = 576, FLOAT_WORDS = FLOAT_SIZE / 8 };

enum : uint64_t { AFFINITY = 0xff'00ff'ffff }; // of MPIDR_EL1

extern char kernel_stack_end[];

static struct dtb dtb;
static bool is_dtb_open;
static struct description machine;

void arch_cpu_init(struct cpu *cpu)
{
    uint64_t debug;
    __asm__("mrs %0, id_aa64dfr0_el1" : "=r"(debug));
    if (cpu->kernel_stack == 0) cpu->kernel_stack = (uintptr_t)kernel_stack_end; // the boot CPU
    uint64_t mpidr;
    __asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
    cpu->hardware_id = mpidr & AFFINITY;
    __asm__ volatile("msr tpidr_el1, %0" : : "r"(cpu));
    __asm__ volatile("msr tpidrro_el0, xzr\n\tmsr tpidr_el0, xzr\n\tmsr mdscr_el1, xzr");
    uint32_t counters = debug >> 8 & 15;
    if (counters != 0 && counters != 15) __asm__ volatile("msr pmuserenr_el0, xzr");
    feature_init(cpu);
    arch_float_enable(false);
    __asm__ volatile("isb");
}

static const struct dtb *machine_dtb(const struct bootinfo *info)
{
    if (!is_dtb_open && info->dtb != 0)
        is_dtb_open = dtb_open(&dtb, arch_physical_to_virtual(info->dtb), DTB_MAX);
    return is_dtb_open ? &dtb : nullptr;
}

// By the device tree where there is one, else by ACPI's tables.
static void describe(const struct bootinfo *info)
{
    const struct dtb *tree = machine_dtb(info);
    if (machine.cpus != nullptr) return;
    if (tree != nullptr)
        describe_by_dtb(&machine, tree);
    else
        describe_by_acpi(&machine, info->rsdp);
}

void arch_console_early(const struct bootinfo *info)
{
    describe(info);
    if (debug_console == nullptr) pl011_init(&machine);
}

void arch_devices_init(const struct bootinfo *info)
{
    arch_console_early(info);
    if (info->dtb == 0 && info->rsdp == 0)
        boot_refuse("there is neither a device tree nor are there ACPI tables");
    bool has_gic = machine.gic_version == 3   ? gicv3_init(&machine)
                   : machine.gic_version == 2 ? gicv2_init(&machine)
                                              : false;
    if (!has_gic) boot_refuse("firmware tells of no interrupt controller that works");
    interrupt_controller->init_cpu();
    if (!clock_init(&machine)) boot_refuse("firmware tells of no timer that works");
    power_init(&machine, info);
}

void arch_cpus_find(const struct bootinfo *info)
{
    map_identity_open();
    for (uint32_t i = 0; i < info->cpu_count; i++) cpu_found(info->cpus[i]);
    if (info->cpu_count == 0) machine.cpus(cpu_found);
    map_identity_close();
}

enum status arch_cpu_start(struct cpu *cpu)
{
    uint64_t entry = (uintptr_t)start_secondary - ARCH_KERNEL + half_physical();
    cpu->kernel_stack = half_stack();
    if (cpu->kernel_stack == 0) return ERR_NO_MEMORY;
    if (!power_start_cpu(cpu->hardware_id, entry, (uintptr_t)cpu)) return ERR_NOT_SUPPORTED;
    return OK;
}

void cpu_started(struct cpu *cpu)
{
    arch_cpu_init(cpu);
    interrupt_controller->init_cpu();
    clock_init_cpu();
    cpu_join(cpu);
}

void arch_doze(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
    interrupt_controller->take_signal();
}

void arch_halt(void)
{
    __asm__ volatile("msr daifset, #0xf");
    for (;;) __asm__ volatile("wfi");
}

bool arch_entropy(const struct bootinfo *info, uint8_t seed[64])
{
    uint64_t words[8];
    uint32_t bits = 0;
    bool has_random = cpu_feature_use(FEATURE_RNG);
    for (uint32_t i = 0; i < 8; i++) {
        words[i] = arch_counter() * 0x9e3779b97f4a7c15;
        uint64_t random, flags = 1u << 30;
        if (has_random) // RNDR; Z tells that it had nothing to give
            __asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tmrs %1, nzcv" : "=r"(random), "=r"(flags));
        if (flags & 1u << 30) continue;
        words[i] ^= random;
        bits += 64;
    }
    for (uint32_t i = 0; i < 64; i++) seed[i] = (uint8_t)(words[i / 8] >> (i % 8 * 8));
    const struct dtb *tree = machine_dtb(info);
    if (tree != nullptr) bits += dtb_seed_take(tree, seed) * 8;
    return bits >= SEED_BITS;
}

size_t arch_float_size(void)
{
    return FLOAT_SIZE;
}

void arch_float_init(struct float_state *state)
{
    uint64_t *word = (uint64_t *)state;
    for (uint32_t i = 0; i < FLOAT_WORDS; i++) word[i] = 0;
}
