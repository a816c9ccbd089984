// SPDX-License-Identifier: MIT
// The generic timer (Arm ARM D12): the virtual counter, which user space may read, and this CPU's
// virtual timer, whose interrupt the DTB names.
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "port.h"
#include <arch/arch.h>

enum : uint32_t {
    VIRTUAL_TIMER = 2,  // index of the virtual timer's interrupt in the node
    PRIVATE_FIRST = 16, // INTID of private peripheral interrupt 0
    TIMER_ENABLE = 1,
    USER_READS_VIRTUAL = 1u << 1, // CNTKCTL_EL1
};

static uint32_t interrupt;
static uint64_t frequency;

bool clock_init(const struct dtb *dtb)
{
    struct dtb_property list;
    uint64_t number, override;
    uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, "arm,armv8-timer");
    if (node == DTB_NONE || !dtb_property(dtb, node, "interrupts", &list)) return false;
    // GIC's three cells: kind (1: private), number, flags.
    if (!dtb_cells(&list, 3 * VIRTUAL_TIMER + 1, 1, &number) || number >= 16) return false;
    interrupt = PRIVATE_FIRST + (uint32_t)number;
    if (dtb_property(dtb, node, "clock-frequency", &list) && dtb_cells(&list, 0, 1, &override))
        frequency = override;
    clock_init_cpu();
    return true;
}

void clock_init_cpu(void)
{
    arch_timer_set(UINT64_MAX);
    __asm__ volatile("msr cntkctl_el1, %0" : : "r"((uint64_t)USER_READS_VIRTUAL));
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"((uint64_t)TIMER_ENABLE));
    interrupt_controller->unmask(interrupt);
}

uint32_t clock_interrupt(void)
{
    return interrupt;
}

uint64_t arch_counter_frequency(void)
{
    if (frequency == 0) __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return frequency;
}
