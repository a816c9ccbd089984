// SPDX-License-Identifier: MIT
// This CPU's registers as the kernel wants them, the kernel's own devices from the DTB, and
// randomness.
#include "kernel/schedule/cpu.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/device/riscv/driver.h"
#include "kernel/log.h"
#include "feature.h"
#include "port.h"
#include <arch/arch.h>
#include <arch/kernel/space.h>

enum : size_t { DTB_MAX = 2u << 20 };

extern char kernel_stack_end[];
bool cpu_has_float;

static struct dtb dtb;
static bool is_dtb_open;

void arch_cpu_init(struct cpu *cpu)
{
    if (cpu->kernel_stack == 0) cpu->kernel_stack = (uintptr_t)kernel_stack_end; // the boot CPU
    CSR_WRITE(CSR_IE, 0);
    CSR_WRITE(CSR_SCRATCH, SCRATCH_IS_CPU ? cpu : nullptr);
    __asm__ volatile("mv tp, %0" : : "r"(cpu) : "memory");
    CSR_WRITE(CSR_TVEC, entry_vector);
    CSR_CLEAR(CSR_STATUS, STATUS_INTERRUPTS | STATUS_PREVIOUS | STATUS_FLOAT | STATUS_VECTOR |
                              STATUS_USER_MEMORY);
    CSR_SET(CSR_STATUS, STATUS_USER_INTERRUPTS);
    space_init_cpu(cpu);
}

const struct dtb *cpu_dtb(const struct bootinfo *info)
{
    if (!is_dtb_open && info->dtb != 0)
        is_dtb_open = dtb_open(&dtb, arch_physical_to_virtual(info->dtb), DTB_MAX);
    return is_dtb_open ? &dtb : nullptr;
}

void arch_console_early(const struct bootinfo *info)
{
    const struct dtb *tree = cpu_dtb(info);
    if (debug_console != nullptr) return;
    console_firmware();
    if (tree == nullptr) return;
    uint32_t node = dtb_find_console(tree);
    if (node != DTB_NONE) (void)console_init(tree, node);
}

void arch_devices_init(const struct bootinfo *info)
{
    const struct dtb *tree = cpu_dtb(info);
    arch_console_early(info);
    if (tree == nullptr) boot_refuse("there is no device tree that can be read");
    feature_find(tree);
    space_find_types();
    cpu_has_float = cpu_feature_use(FEATURE_D);
    signal_init(tree);
    if (!interrupt_controller_find(tree))
        boot_refuse("firmware tells of no interrupt controller that works");
    interrupt_controller->init_cpu();
    if (imsic_is_open()) (void)cpu_feature_use(FEATURE_SSAIA);
    if (!clock_init(tree)) boot_refuse("firmware tells of no timer that works");
    power_init(tree, info);
}

// --- The nodes of CPUs (Devicetree Specification 0.4, section 3.8)

static bool is_cpu(const struct dtb *tree, uint32_t node)
{
    return dtb_string_is(tree, node, "device_type", "cpu") && dtb_is_enabled(tree, node);
}

static bool hart_of(const struct dtb *tree, uint32_t node, uint64_t *hart)
{
    struct dtb_property property;
    return dtb_property(tree, node, "reg", &property) &&
           dtb_cells(&property, 0, property.size / 4, hart);
}

static uint32_t first_cpu(const struct dtb *tree)
{
    uint32_t cpus = dtb_find(tree, "/cpus");
    return cpus == DTB_NONE ? DTB_NONE : dtb_child(tree, cpus);
}

uint32_t cpu_node(const struct dtb *tree, uint64_t hart)
{
    uint64_t id;
    for (uint32_t node = first_cpu(tree); node != DTB_NONE; node = dtb_sibling(tree, node))
        if (is_cpu(tree, node) && hart_of(tree, node, &id) && id == hart) return node;
    return DTB_NONE;
}

void arch_cpus_find(const struct bootinfo *info)
{
    const struct dtb *tree = cpu_dtb(info);
    uint64_t hart;
    for (uint32_t i = 0; i < info->cpu_count; i++) cpu_found(info->cpus[i]);
    if (info->cpu_count != 0) return;
    for (uint32_t node = first_cpu(tree); node != DTB_NONE; node = dtb_sibling(tree, node))
        if (is_cpu(tree, node) && hart_of(tree, node, &hart)) cpu_found(hart);
}

static bool is_word(const char *text, uint32_t size, const char *word)
{
    for (uint32_t i = 0; i < size; i++)
        if (text[i] != word[i]) return false;
    return word[size] == '\0';
}

// In a list of strings.
static bool is_listed(const struct dtb_property *list, const char *name)
{
    const char *text = (const char *)list->data;
    for (uint32_t from = 0, to; from < list->size; from = to + 1) {
        for (to = from; to < list->size && text[to] != '\0';) to++;
        if (is_word(text + from, to - from, name)) return true;
    }
    return false;
}

// In one string: "rv64imac_zicsr_sstc"; after the width, single letters up to the first line.
static bool is_in_name(const char *text, const char *name)
{
    bool is_letter = name[1] == '\0';
    uint32_t from = 4, to;
    for (to = 0; to < from; to++)
        if (text[to] == '\0') return false;
    for (; is_letter && text[from] != '\0' && text[from] != '_'; from++)
        if (text[from] == name[0]) return true;
    for (; !is_letter && text[from] != '\0'; from = to) {
        for (to = from; text[to] != '\0' && text[to] != '_';) to++;
        if (is_word(text + from, to - from, name)) return true;
        if (text[to] == '_') to++;
    }
    return false;
}

bool cpu_has_extension(const struct dtb *tree, const char *name)
{
    struct dtb_property list;
    uint32_t node = cpu_node(tree, arch_cpu()->hardware_id);
    if (node == DTB_NONE) return false;
    if (dtb_property(tree, node, "riscv,isa-extensions", &list)) return is_listed(&list, name);
    const char *text = dtb_string(tree, node, "riscv,isa");
    return text != nullptr && is_in_name(text, name);
}

// --- Other CPUs, ends, randomness

enum status arch_cpu_start(struct cpu *cpu)
{
    return start_cpu(cpu);
}

void cpu_started(struct cpu *cpu)
{
    arch_cpu_init(cpu);
    feature_find(&dtb);
    space_find_types();
    (void)cpu_feature_use(FEATURE_D);
    (void)cpu_feature_use(FEATURE_SSTC);
    interrupt_controller->init_cpu();
    if (imsic_is_open()) (void)cpu_feature_use(FEATURE_SSAIA);
    clock_init_cpu();
    cpu_join(cpu);
}

void arch_halt(void)
{
    CSR_CLEAR(CSR_STATUS, STATUS_INTERRUPTS);
    CSR_WRITE(CSR_IE, 0);
    for (;;) __asm__ volatile("wfi");
}

bool arch_entropy(const struct bootinfo *info, uint8_t seed[64])
{
    for (uint32_t i = 0; i < 64; i += 8) {
        uint64_t word = arch_counter() * 0x9e3779b97f4a7c15;
        for (uint32_t j = 0; j < 8; j++) seed[i + j] = (uint8_t)(word >> 8 * j);
    }
    const struct dtb *tree = cpu_dtb(info);
    return tree != nullptr && dtb_seed_take(tree, seed) * 8 >= SEED_BITS;
}

size_t arch_float_size(void)
{
    return FLOAT_SIZE;
}

void arch_float_init(struct float_state *state)
{
    uintptr_t *word = (uintptr_t *)state;
    for (uint32_t i = 0; i < FLOAT_SIZE / sizeof *word; i++) word[i] = 0;
}
