// SPDX-License-Identifier: MIT
// Local APIC in either of its forms: model-specific registers (x2APIC) where the processor has
// them, else registers in memory (xAPIC). Vectors are the same on every processor, so that an
// interrupt may be sent to any. Guarded by the kernel lock; acknowledging is each processor's own.
// (Intel SDM volume 3, chapter 11.)
#include "kernel/device/x86/lapic.h"
#include <arch/arch.h>
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"

enum : uint32_t {
    REGISTER_ID = 0x20,
    REGISTER_TASK_PRIORITY = 0x80,
    REGISTER_ACKNOWLEDGE = 0xb0,
    REGISTER_SPURIOUS = 0xf0,
    REGISTER_COMMAND = 0x300,
    REGISTER_COMMAND_TARGET = 0x310,
    REGISTER_TIMER = 0x320,
    REGISTER_LINT0 = 0x350,
    REGISTER_LINT1 = 0x360,
    REGISTER_ERROR = 0x370,
    REGISTER_TIMER_INITIAL = 0x380,
    REGISTER_TIMER_LEFT = 0x390,
    REGISTER_TIMER_DIVIDE = 0x3e0,

    ENABLE = 1u << 8,
    MASKED = 1u << 16,
    COMMAND_BUSY = 1u << 12,
    DELIVER_NMI = 4u << 8,
    TIMER_DEADLINE = 2u << 17,
    DIVIDE_BY_1 = 0xb,
};
enum : uint64_t { BASE_X2APIC = 1u << 10, BASE_ENABLE = 1u << 11 };
enum : size_t { REGISTERS_SIZE = 4096 };
enum : uint32_t { VECTOR_FREE = UINT32_MAX };

static volatile uint8_t *registers; // nullptr: x2APIC
static uint32_t timer_mode;
static uint32_t vector_number[LAPIC_END];

static uint32_t lapic_read(uint32_t offset)
{
    if (registers == nullptr) return (uint32_t)msr_read(MSR_X2APIC + (offset >> 4));
    return *(volatile uint32_t *)(registers + offset);
}

static void lapic_write(uint32_t offset, uint32_t value)
{
    if (registers == nullptr) {
        msr_write(MSR_X2APIC + (offset >> 4), value);
    } else {
        *(volatile uint32_t *)(registers + offset) = value;
    }
}

void lapic_init(uint64_t physical)
{
    for (uint32_t vector = 0; vector < LAPIC_END; vector++) vector_number[vector] = VECTOR_FREE;
    if (!cpu_feature_use(FEATURE_X2APIC)) {
        registers =
            arch_map_device(physical, REGISTERS_SIZE, SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
        if (registers == nullptr) panic("no room for the local APIC's registers");
    }
    lapic_init_cpu();
}

void lapic_init_cpu(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE) | BASE_ENABLE;

    msr_write(MSR_APIC_BASE, base);
    if (registers == nullptr && cpu_feature_use(FEATURE_X2APIC))
        msr_write(MSR_APIC_BASE, base | BASE_X2APIC);
    lapic_write(REGISTER_TASK_PRIORITY, 0);
    lapic_write(REGISTER_LINT0, MASKED);
    lapic_write(REGISTER_LINT1, DELIVER_NMI);
    lapic_write(REGISTER_ERROR, MASKED);
    lapic_write(REGISTER_SPURIOUS, ENABLE | LAPIC_SPURIOUS);
    lapic_write(REGISTER_TIMER_DIVIDE, DIVIDE_BY_1);
    lapic_write(REGISTER_TIMER, timer_mode | LAPIC_TIMER);
    lapic_acknowledge();
    arch_cpu()->hardware_id = lapic_id();
}

void lapic_acknowledge(void)
{
    lapic_write(REGISTER_ACKNOWLEDGE, 0);
}

uint32_t lapic_id(void)
{
    uint32_t id = lapic_read(REGISTER_ID);
    return registers == nullptr ? id : id >> 24;
}

// The fence: what was stored before is seen by whom it tells.
void lapic_send(uint32_t id, uint32_t command)
{
    __asm__ volatile("mfence" ::: "memory");
    if (registers == nullptr) {
        msr_write(MSR_X2APIC + (REGISTER_COMMAND >> 4), (uint64_t)id << 32 | command);
        return;
    }
    lapic_write(REGISTER_COMMAND_TARGET, id << 24);
    lapic_write(REGISTER_COMMAND, command);
    while (lapic_read(REGISTER_COMMAND) & COMMAND_BUSY) arch_relax();
}

void lapic_timer_start(uint32_t ticks)
{
    lapic_write(REGISTER_TIMER_INITIAL, ticks);
}

uint32_t lapic_timer_left(void)
{
    return lapic_read(REGISTER_TIMER_LEFT);
}

void lapic_timer_use_deadline(void)
{
    timer_mode = TIMER_DEADLINE;
    lapic_write(REGISTER_TIMER, timer_mode | LAPIC_TIMER);
    __asm__ volatile("mfence" ::: "memory"); // before the first write of a deadline
}

enum status vector_allocate(uint32_t number, uint32_t *vector)
{
    for (uint32_t v = LAPIC_FIRST; v < LAPIC_END; v++) {
        if (vector_number[v] != VECTOR_FREE) continue;
        vector_number[v] = number;
        *vector = v;
        return OK;
    }
    return ERR_NO_MEMORY;
}

void vector_free(uint32_t vector)
{
    vector_number[vector] = VECTOR_FREE;
}

uint32_t vector_interrupt(uint32_t vector)
{
    return vector < LAPIC_END ? vector_number[vector] : VECTOR_FREE;
}
