// SPDX-License-Identifier: MIT
// What the kernel's drivers on RISC-V share: finding their registers, and whose they are.
#include "driver.h"
#include "kernel/device/dtb.h"
#include "kernel/device/ns16550.h"
#include "kernel/schedule/cpu.h"
#include <arch/arch.h>

volatile void *driver_map(const struct dtb *dtb, uint32_t node, uint32_t index)
{
    uint64_t base, size;
    if (!dtb_reg(dtb, node, index, &base, &size) || size == 0) return nullptr;
    return arch_map_device(base, size, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
}

uint32_t driver_cell(const struct dtb *dtb, uint32_t node, const char *name, uint32_t otherwise)
{
    struct dtb_property property;
    uint64_t value;
    if (!dtb_property(dtb, node, name, &property) || !dtb_cells(&property, 0, 1, &value))
        return otherwise;
    return (uint32_t)value;
}

// The hart whose own interrupt controller has this phandle (interrupt-controller/
// riscv,cpu-intc.yaml: a child of the CPU's node).
static bool hart_of(const struct dtb *dtb, uint32_t phandle, uint64_t *hart)
{
    struct dtb_property reg;
    uint32_t node = dtb_find_phandle(dtb, phandle);
    uint32_t cpu = node == DTB_NONE ? DTB_NONE : dtb_parent(dtb, node);
    return cpu != DTB_NONE && dtb_property(dtb, cpu, "reg", &reg) &&
           dtb_cells(&reg, 0, reg.size / 4, hart);
}

bool driver_entry(const struct dtb *dtb, uint32_t node, uint32_t *entry)
{
    struct dtb_property list;
    uint64_t handle, cause, hart;
    if (!dtb_property(dtb, node, "interrupts-extended", &list)) return false;
    for (*entry = 0; dtb_cells(&list, 2 * *entry, 1, &handle); ++*entry) {
        if (!dtb_cells(&list, 2 * *entry + 1, 1, &cause) || cause != CAUSE_EXTERNAL) continue;
        if (hart_of(dtb, (uint32_t)handle, &hart) && hart == arch_cpu()->hardware_id) return true;
    }
    return false;
}

// Of controllers for several modes of a hart, the first that works for the kernel's.
static bool find(const struct dtb *dtb, const char *name,
                 bool (*init)(const struct dtb *dtb, uint32_t node))
{
    uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, name);
    for (; node != DTB_NONE; node = dtb_find_compatible(dtb, node, name))
        if (dtb_is_enabled(dtb, node) && init(dtb, node)) return true;
    return false;
}

// A 16550 (serial/8250.yaml), as firmware set it up.
bool console_init(const struct dtb *dtb, uint32_t node)
{
    if (!dtb_is_compatible(dtb, node, "ns16550a") && !dtb_is_compatible(dtb, node, "ns16550") &&
        !dtb_is_compatible(dtb, node, "snps,dw-apb-uart"))
        return false;
    struct ns16550 place = {.memory = driver_map(dtb, node, 0),
                            .shift = driver_cell(dtb, node, "reg-shift", 0),
                            .width = driver_cell(dtb, node, "reg-io-width", 1)};
    if (place.memory == nullptr) return false;
    ns16550_open(&place, NS16550_AS_IT_IS);
    return true;
}

bool interrupt_controller_find(const struct dtb *dtb)
{
    return find(dtb, "riscv,imsics", imsic_init) || find(dtb, "riscv,aplic", aplic_init) ||
           find(dtb, "riscv,plic0", plic_init) || find(dtb, "sifive,plic-1.0.0", plic_init) ||
           find(dtb, "thead,c900-plic", plic_init);
}
