// SPDX-License-Identifier: MIT
// What versions 2 and 3 of the Generic Interrupt Controller share: the banks of distributor
// registers, which version 3 repeats for private interrupts in each CPU's redistributor.
#pragma once

#include "driver.h"
#include <abi/object.h>
#include <abi/status.h>

enum : uint32_t {
    GIC_CONTROL = 0x000,
    GIC_TYPE = 0x004,
    GIC_GROUP = 0x080,
    GIC_SET_ENABLE = 0x100,
    GIC_CLEAR_ENABLE = 0x180,
    GIC_CLEAR_PENDING = 0x280,
    GIC_CLEAR_ACTIVE = 0x380,
    GIC_PRIORITY = 0x400,
    GIC_TARGETS = 0x800,
    GIC_TRIGGER = 0xc00,

    GIC_SHARED_FIRST = 32,
    GIC_SPECIAL = 1020, // INTIDs from here on are no interrupts
    GIC_PRIORITY_ALL = 0xa0a0a0a0,
    GIC_PRIORITY_SIGNAL = 0xa0a0a080, // of the first four private ones: a signal comes through
                                      // while another interrupt is being served
    GIC_PRIVATE_FIRST = 16,           // up to there signals
    GIC_PRIORITY_CLOCK = 0xc0c0c0c0,  // of private ones: timers that are due one after the other
                                      // keep no device waiting
};

// Shared interrupts that devices raise by a write. `used` has a bit for each.
struct gic_messages {
    uint32_t first, count;
    uint64_t doorbell; // physical
    uint32_t used[32];
};

// One more than the highest INTID.
uint32_t gic_count(volatile uint8_t *distributor);

// Sets the bit of `number` in a bank of one bit for each interrupt.
void gic_set_bit(volatile uint8_t *base, uint32_t bank, uint32_t number);

// All off, nothing pending, one priority; but for the signal of other CPUs, which is on, and for
// private interrupts, the clock's. Leaves the groups.
void gic_shared_init(volatile uint8_t *distributor);
void gic_private_init(volatile uint8_t *base);

// Sets the trigger of a shared interrupt. The GIC cannot invert a line: INTERRUPT_ACTIVE_LOW is the
// board's matter.
enum status gic_configure(volatile uint8_t *distributor, uint32_t number, uint32_t flags);
void gic_configure_edge(volatile uint8_t *distributor, uint32_t number);

enum status gic_message_allocate(struct gic_messages *messages, uint32_t *number);
void gic_message_free(struct gic_messages *messages, uint32_t number);
