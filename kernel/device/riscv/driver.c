// SPDX-License-Identifier: MIT
// What the kernel's drivers on RISC-V share: finding their registers, and whose they are.
#include "driver.h"
#include "kernel/device/dtb.h"
#include <arch/arch.h>

volatile void *driver_map(const struct dtb *dtb, uint32_t node, uint32_t index)
{
    uint64_t base, size;
    if (!dtb_reg(dtb, node, index, &base, &size) || size == 0) return nullptr;
    return arch_map_device(base, size, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
}

// (interrupt-controller/riscv,cpu-intc.yaml: a child of the CPU's node.)
bool driver_hart(const struct dtb *dtb, uint32_t phandle, uint64_t *hart)
{
    struct dtb_property reg;
    uint32_t node = dtb_find_phandle(dtb, phandle);
    uint32_t cpu = node == DTB_NONE ? DTB_NONE : dtb_parent(dtb, node);
    return cpu != DTB_NONE && dtb_property(dtb, cpu, "reg", &reg) &&
           dtb_cells(&reg, 0, reg.size / 4, hart);
}

bool interrupt_controller_find(const struct dtb *dtb)
{
    static const char *const plic[] = {"riscv,plic0", "sifive,plic-1.0.0", "thead,c900-plic"};
    for (uint32_t i = 0; i < sizeof plic / sizeof *plic; i++) {
        uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, plic[i]);
        if (node != DTB_NONE && plic_init(dtb, node)) return true;
    }
    return false;
}
