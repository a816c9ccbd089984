// SPDX-License-Identifier: MIT
// The generic timer (Arm ARM D12): the virtual counter, which user space may read, and this CPU's
// virtual timer, whose interrupt firmware names.
#include "kernel/device/aarch64/description.h"
#include "kernel/device/device.h"
#include "port.h"
#include <arch/arch.h>

enum : uint32_t {
    PRIVATE_FIRST = 16, // INTIDs of private peripheral interrupts
    PRIVATE_END = 32,
    TIMER_ENABLE = 1,
    USER_READS_VIRTUAL = 1u << 1, // CNTKCTL_EL1
};

static uint32_t interrupt;
static uint64_t frequency;

bool clock_init(const struct description *description)
{
    interrupt = description->timer_interrupt;
    frequency = description->timer_frequency;
    if (interrupt < PRIVATE_FIRST || interrupt >= PRIVATE_END) return false;
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
