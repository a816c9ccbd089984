// SPDX-License-Identifier: MIT
// The local APIC: each processor's interrupt vectors, their acknowledgement, and its timer.
#pragma once

#include <abi/status.h>
#include <stdint.h>

// The higher the vector's upper half, the more urgent. What lies between the first and the end is
// given out, so that timers that are due one after the other keep no device waiting.
enum : uint32_t {
    LAPIC_TIMER = 0x30,
    LAPIC_FIRST = 0x40,
    LAPIC_END = 0xf0,
    LAPIC_SIGNAL = 0xf1,
    LAPIC_SPURIOUS = 0xff,
};

// Takes over x2APIC's registers, or where there are none those at `physical`, and makes this CPU's
// ready.
void lapic_init(uint64_t physical);
void lapic_init_cpu(void);
void lapic_acknowledge(void);
uint32_t lapic_id(void);

// A message to the processor with this number: a vector, or one of these (with the page where it
// starts).
enum : uint32_t { LAPIC_INIT = 0x4500, LAPIC_START = 0x4600 };
void lapic_send(uint32_t id, uint32_t command);

// The timer counts down from `ticks` once and then interrupts; 0 stops it.
void lapic_timer_start(uint32_t ticks);
uint32_t lapic_timer_left(void);

// The timer interrupts when the time stamp counter reaches a value written to MSR_TSC_DEADLINE.
void lapic_timer_use_deadline(void);

// A free vector for interrupt `number`, and which number a vector was given to.
enum status vector_allocate(uint32_t number, uint32_t *vector);
void vector_free(uint32_t vector);
uint32_t vector_interrupt(uint32_t vector);
