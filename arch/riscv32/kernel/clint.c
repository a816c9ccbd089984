// SPDX-License-Identifier: MIT
// The core-local interruptor (SiFive E31 Core Complex Manual, chapter on the CLINT;
// timer/sifive,clint.yaml): the clock, its comparator, and a word for each hart that interrupts it.
// This port runs on one hart.
#include "kernel/device/dtb.h"
#include "kernel/device/riscv/driver.h"
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"
#include "arch/riscv/kernel/port.h"
#include "boot/boot.h"
#include <arch/arch.h>

enum : uint32_t { SIGNAL = 0, COMPARE = 0x4000, TIME = 0xbff8 }; // bytes

volatile uint32_t *clint_time, *clint_compare;
static volatile uint32_t *clint_signal;
static uint64_t frequency;

enum : uint32_t { USER_READS_TIME = 1u << 1 }; // mcounteren.TM

void signal_init(const struct dtb *dtb)
{
    static const char *const names[] = {"riscv,clint0", "sifive,clint0"};
    uint32_t hart = (uint32_t)arch_cpu()->hardware_id;
    for (uint32_t i = 0; i < 2 && clint_time == nullptr; i++) {
        uint32_t node = dtb_find_compatible(dtb, DTB_ROOT, names[i]);
        volatile uint8_t *base = node == DTB_NONE ? nullptr : driver_map(dtb, node, 0);
        if (base == nullptr) continue;
        clint_time = (volatile uint32_t *)(base + TIME);
        clint_compare = (volatile uint32_t *)(base + COMPARE + 8 * hart);
        clint_signal = (volatile uint32_t *)(base + SIGNAL + 4 * hart);
    }
}

bool clock_init(const struct dtb *dtb)
{
    struct dtb_property property;
    uint32_t cpus = dtb_find(dtb, "/cpus");
    if (clint_time == nullptr || cpus == DTB_NONE) return false;
    if (!dtb_property(dtb, cpus, "timebase-frequency", &property)) return false;
    if (!dtb_cells(&property, 0, property.size >= 8 ? 2 : 1, &frequency) || frequency == 0)
        return false;
    clock_init_cpu();
    return true;
}

void clock_init_cpu(void)
{
    CSR_WRITE(CSR_COUNTER_ENABLE, USER_READS_TIME);
    arch_timer_set(UINT64_MAX);
    CSR_SET(CSR_IE, (uintptr_t)1 << CAUSE_TIMER);
}

uint64_t arch_counter_frequency(void)
{
    return frequency;
}

void signal_send(struct cpu *)
{
    if (clint_signal != nullptr) *clint_signal = 1;
}

void signal_take(void)
{
    if (clint_signal != nullptr) *clint_signal = 0;
}

enum status start_cpu(struct cpu *)
{
    return ERR_NOT_SUPPORTED;
}

void console_firmware(void) {}

// What is given out here lies in the kernel's image for ever.
void *boot_allocate(size_t size)
{
    static uint8_t pool[1024] __attribute__((aligned(16)));
    static size_t used;
    size = (size + 15) & ~(size_t)15;
    if (size > sizeof pool - used) panic("the memory map is too long");
    used += size;
    return pool + used - size;
}
