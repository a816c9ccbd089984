// SPDX-License-Identifier: MIT
// What firmware does for a kernel in supervisor mode, by SBI: the console before there is another,
// the timer where the CPU's own is not to be had, signals to other CPUs, starting them.
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"
#include "kernel/device/riscv/driver.h"
#include "map.h"
#include "arch/riscv/kernel/feature.h"
#include "arch/riscv/kernel/port.h"
#include "sbi.h"
#include "space.h"
#include <arch/arch.h>

static bool has_timer;

static bool put(char character)
{
    return sbi_call(SBI_CONSOLE, SBI_CONSOLE_PUT, (uint8_t)character, 0, 0).error == 0;
}

static bool put_old(char character)
{
    return sbi_call(SBI_OLD_PUT, 0, (uint8_t)character, 0, 0).error == 0;
}

void console_firmware(void)
{
    static const struct debug_console console = {.name = "sbi", .put = put};
    static const struct debug_console old = {.name = "sbi-0.1", .put = put_old};
    debug_console_register(sbi_has(SBI_CONSOLE) ? &console : &old);
}

// --- Time: the counter is the same on all CPUs, and user mode may read it.

bool clock_has_compare;
static uint64_t frequency;

enum : uint32_t { USER_READS_TIME = 1u << 1 }; // scounteren.TM

void clock_set(uint64_t counter)
{
    if (has_timer)
        sbi_call(SBI_TIMER, SBI_TIMER_SET, counter, 0, 0);
    else
        sbi_call(SBI_OLD_TIMER, 0, counter, 0, 0);
}

bool clock_init(const struct dtb *dtb)
{
    struct dtb_property property;
    uint32_t cpus = dtb_find(dtb, "/cpus");
    if (cpus == DTB_NONE || !dtb_property(dtb, cpus, "timebase-frequency", &property)) return false;
    if (!dtb_cells(&property, 0, property.size >= 8 ? 2 : 1, &frequency) || frequency == 0)
        return false;
    clock_has_compare = cpu_feature_use(FEATURE_SSTC);
    has_timer = sbi_has(SBI_TIMER);
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

// --- Other CPUs

void signal_init(const struct dtb *dtb) {}

void signal_send(struct cpu *cpu)
{
    sbi_call(SBI_SIGNAL, SBI_SIGNAL_SEND, 1, cpu->hardware_id, 0);
}

void signal_take(void)
{
    CSR_CLEAR(CSR_IP, (uintptr_t)1 << CAUSE_SIGNAL);
}

// It finds in its struct cpu how to get to the kernel's half.
enum status start_cpu(struct cpu *cpu)
{
    extern const char start_secondary[];
    uint64_t entry = (uintptr_t)start_secondary - ARCH_KERNEL + half_physical();
    if (!space_make_cpu(cpu)) return ERR_NO_MEMORY;
    cpu->kernel_stack = half_stack();
    if (cpu->kernel_stack == 0) return ERR_NO_MEMORY;
    cpu->user_scratch = map_satp();
    struct sbi_result result =
        sbi_call(SBI_HART, SBI_HART_START, cpu->hardware_id, entry, arch_virtual_to_physical(cpu));
    return result.error == 0 ? OK : ERR_NOT_SUPPORTED;
}
