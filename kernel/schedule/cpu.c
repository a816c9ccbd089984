// SPDX-License-Identifier: MIT
// The CPUs of the machine: found by the port, started one after the other by the first, before
// anything else runs. One that does not come in time is left out, and halts if it comes later; so
// is one whose counter says another time, that stops answering, or that lacks a feature which the
// first makes use of.
#include "kernel/schedule/cpu.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/schedule/lock.h"
#include "kernel/schedule/schedule.h"
#include "kernel/time/timer.h"
#include "kernel/trap.h"
#include <arch/arch.h>
#include <stdarg.h>
#include <stddef.h>

static_assert(offsetof(struct cpu, self) == 0);
static_assert(offsetof(struct cpu, frame) == sizeof(uintptr_t));
static_assert(offsetof(struct cpu, current) == 2 * sizeof(uintptr_t));
static_assert(offsetof(struct cpu, kernel_stack) == 3 * sizeof(uintptr_t));
static_assert(offsetof(struct cpu, user_scratch) == 4 * sizeof(uintptr_t));

enum : uint64_t { START_LIMIT = 5'000'000'000 }; // ns

struct cpu *cpu_list;
static uint32_t count;

uint32_t cpu_count(void)
{
    return count;
}

void cpu_init_first(struct cpu *cpu)
{
    ASSERT(cpu_list == nullptr || cpu_list == cpu);
    cpu->presence = CPU_ONLINE;
    cpu_list = cpu;
    count = 1;
}

static struct cpu *cpu_create(uint64_t hardware_id)
{
    uint32_t order = 0;
    while (PAGE_SIZE << order < sizeof(struct cpu)) order++;
    struct page *page = page_allocate(order, PAGE_ZERO);
    if (page == nullptr) return nullptr;
    struct cpu *cpu = page_address(page);
    cpu->self = cpu;
    cpu->hardware_id = hardware_id;
    cpu->index = count;
    cpu->presence = CPU_STARTING;
    return cpu;
}

static bool is_there_in_time(struct cpu *cpu)
{
    uint64_t limit = clock_now() + START_LIMIT;
    while (clock_now() < limit) {
        if (__atomic_load_n(&cpu->presence, __ATOMIC_ACQUIRE) == CPU_ONLINE) return true;
        arch_relax();
    }
    uint8_t starting = CPU_STARTING;
    return !__atomic_compare_exchange_n(&cpu->presence, &starting, CPU_ABSENT, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

// Waits, online, until all are there. It does not come back when it is left out.
static void wait_for_all(struct cpu *cpu)
{
    while (!__atomic_load_n(&cpu->shared, __ATOMIC_ACQUIRE)) {
        if (__atomic_load_n(&cpu->presence, __ATOMIC_ACQUIRE) == CPU_ABSENT) arch_halt();
        if (agree_is_asked(&cpu->agreement)) agree_answer(&cpu->agreement, arch_counter());
        arch_relax();
    }
}

bool cpu_feature_use(uint32_t feature)
{
    struct cpu *cpu = arch_cpu();
    ASSERT(feature < 64);
    uint64_t bit = 1ull << feature;
    if (!(cpu->features & bit)) return false;
    if (cpu != cpu_list && !(cpu_list->features_used & bit)) return false;
    cpu->features_used |= bit;
    return true;
}

void cpu_set_model(struct cpu *cpu, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_format(cpu->model, sizeof cpu->model, format, arguments);
    va_end(arguments);
}

// Whether the CPU, online, has what the others make use of, and the same time; else why not.
static const char *objection(struct cpu *cpu)
{
    ASSERT(cpu != cpu_list && !(cpu->features_used & ~cpu_list->features_used));
    if (cpu_list->features_used & ~cpu->features) return "lacks what the first makes use of";
    switch (agree_ask(&cpu->agreement, START_LIMIT)) {
    case AGREE_SAME: break;
    case AGREE_OTHER: return "has another clock";
    case AGREE_SILENT: return "does not answer";
    }
    return nullptr;
}

static void append(struct cpu *cpu)
{
    ASSERT(cpu->next == nullptr && cpu->index == count);
    struct cpu *last = cpu_list;
    while (last->next != nullptr) last = last->next;
    last->next = cpu;
    count++;
}

void cpu_found(uint64_t hardware_id)
{
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) {
        if (cpu->hardware_id == hardware_id) return;
    }
    struct cpu *cpu = cpu_create(hardware_id);
    if (cpu == nullptr || arch_cpu_start(cpu) != OK || !is_there_in_time(cpu)) {
        log_print("CPU 0x%lx does not start\n", (unsigned long)hardware_id);
        return; // its memory stays: it may come after all
    }
    const char *why = objection(cpu);
    if (why != nullptr) {
        __atomic_store_n(&cpu->presence, CPU_ABSENT, __ATOMIC_RELEASE);
        log_print("CPU 0x%lx %s and is not used\n", (unsigned long)hardware_id, why);
        return;
    }
    append(cpu);
}

// The boot CPU holds the lock from here on until it leaves the kernel for the first time.
void cpu_start_all(const struct bootinfo *info)
{
    arch_cpus_find(info);
    if (count == 1) return;
    for (struct cpu *cpu = cpu_list; cpu != nullptr; cpu = cpu->next) cpu->shared = true;
    lock_take(cpu_list);
    log_print("%u CPUs\n", count);
}

void cpu_join(struct cpu *cpu)
{
    uint8_t starting = CPU_STARTING;
    schedule_init(cpu);
    if (!__atomic_compare_exchange_n(&cpu->presence, &starting, CPU_ONLINE, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        arch_halt();
    }
    wait_for_all(cpu);
    arch_leave();
}
