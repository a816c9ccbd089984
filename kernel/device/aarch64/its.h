// SPDX-License-Identifier: MIT
// Messages of devices on version 3 of the GIC (Arm IHI 0069, chapters 5 and 6). An Interrupt
// Translation Service makes of who writes and what (device and event) an interrupt of those above
// all lines (an LPI), which goes to one CPU's redistributor. its.c tells the service by commands;
// lpi.c keeps what redistributors read: priority and enable bit of each such interrupt, and where
// it pends. All but the enable bits is the hardware's alone, so the kernel only ever writes it, and
// cleans caches behind itself; whether hardware looks into them does not matter then.
#pragma once

#include "driver.h"
#include <abi/status.h>
#include <stddef.h>

struct description;

enum : uint32_t { LPI_FIRST = 8192 };

// --- its.c ---

// Sets the service up, without devices; false when there is none that works, and so no messages.
bool its_init(const struct description *description, volatile uint8_t *distributor);

// Readies one more redistributor, at that physical address, for messages. Of the boot CPU, for all,
// before its_init_cpu of any.
bool its_add_redistributor(volatile uint8_t *redistributor, uint64_t physical);

// Lets messages through to the redistributor of this CPU.
void its_init_cpu(volatile uint8_t *redistributor);

// A message of `device`, for the redistributor: see device.h. Only after its_init.
enum status its_message_allocate(volatile uint8_t *redistributor, uint32_t device,
                                 uint32_t *interrupt, uint64_t *address, uint32_t *data);
void its_message_free(uint32_t number);
void its_message_enable(uint32_t number, bool on);

// --- lpi.c ---

// Zeroed pages, 2^order, aligned to that, for hardware alone; nullptr: none.
void *table_make(uint32_t order);
void table_free(void *table, uint32_t order);
void table_clean(const volatile void *from, size_t size); // hardware sees what is there

// The table of all such interrupts; false: no memory, or the GIC has none.
bool lpi_init(volatile uint8_t *distributor);
bool lpi_add_redistributor(volatile uint8_t *redistributor);
void lpi_init_cpu(volatile uint8_t *redistributor);
uint32_t lpi_end(void); // the first number that is none
void lpi_enable(uint32_t number, bool on);

static inline uint64_t mmio_read64(volatile uint8_t *base, uint32_t offset)
{
    uint64_t value;
    __asm__ volatile("ldr %0, %1" : "=r"(value) : "Q"(*(volatile uint64_t *)(base + offset)));
    return value;
}

static inline void mmio_write64(volatile uint8_t *base, uint32_t offset, uint64_t value)
{
    __asm__ volatile("str %1, %0" : "=Q"(*(volatile uint64_t *)(base + offset)) : "r"(value));
}
