// SPDX-License-Identifier: MIT
// The distributor registers that versions 2 and 3 of the GIC share, and handing out message
// interrupts.
#include "gic.h"

uint32_t gic_count(volatile uint8_t *distributor)
{
    uint32_t count = 32 * ((mmio_read(distributor, GIC_TYPE) & 31) + 1);
    return count < GIC_SPECIAL ? count : GIC_SPECIAL;
}

void gic_set_bit(volatile uint8_t *base, uint32_t bank, uint32_t number)
{
    mmio_write(base, bank + number / 32 * 4, 1u << number % 32);
}

static void init_range(volatile uint8_t *base, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i += 32) {
        mmio_write(base, GIC_CLEAR_ENABLE + i / 8, UINT32_MAX);
        mmio_write(base, GIC_CLEAR_PENDING + i / 8, UINT32_MAX);
        mmio_write(base, GIC_CLEAR_ACTIVE + i / 8, UINT32_MAX);
    }
    for (uint32_t i = from; i < to; i += 4) mmio_write(base, GIC_PRIORITY + i, GIC_PRIORITY_ALL);
}

void gic_shared_init(volatile uint8_t *distributor)
{
    init_range(distributor, GIC_SHARED_FIRST, gic_count(distributor));
}

void gic_private_init(volatile uint8_t *base)
{
    init_range(base, 0, GIC_SHARED_FIRST);
    mmio_write(base, GIC_PRIORITY, GIC_PRIORITY_SIGNAL);
    for (uint32_t i = GIC_PRIVATE_FIRST; i < GIC_SHARED_FIRST; i += 4)
        mmio_write(base, GIC_PRIORITY + i, GIC_PRIORITY_CLOCK);
    gic_set_bit(base, GIC_SET_ENABLE, 0);
}

static void set_trigger(volatile uint8_t *distributor, uint32_t number, uint32_t edge)
{
    uint32_t offset = GIC_TRIGGER + number / 16 * 4, bit = 2u << number % 16 * 2;
    uint32_t value = mmio_read(distributor, offset);
    mmio_write(distributor, offset, edge ? value | bit : value & ~bit);
}

enum status gic_configure(volatile uint8_t *distributor, uint32_t number, uint32_t flags)
{
    if (flags & ~(INTERRUPT_EDGE | INTERRUPT_ACTIVE_LOW)) return ERR_BAD_ARGUMENT;
    gic_set_bit(distributor, GIC_CLEAR_ENABLE, number);
    set_trigger(distributor, number, flags & INTERRUPT_EDGE);
    return OK;
}

void gic_configure_edge(volatile uint8_t *distributor, uint32_t number)
{
    set_trigger(distributor, number, 1);
}

enum status gic_message_allocate(struct gic_messages *messages, uint32_t *number)
{
    if (messages->count == 0) return ERR_NOT_SUPPORTED;
    for (uint32_t i = 0; i < messages->count; i++) {
        if (messages->used[i / 32] & 1u << i % 32) continue;
        messages->used[i / 32] |= 1u << i % 32;
        *number = messages->first + i;
        return OK;
    }
    return ERR_NO_MEMORY;
}

void gic_message_free(struct gic_messages *messages, uint32_t number)
{
    uint32_t i = number - messages->first;
    messages->used[i / 32] &= ~(1u << i % 32);
}
