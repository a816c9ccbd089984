// SPDX-License-Identifier: MIT
// The kernel's drivers for what AArch64 machines have. Each maps its registers where the machine's
// description says and registers its table of device.h; false when what is there does not work.
#pragma once

#include <stdint.h>

struct description;
struct place;

bool gicv2_init(const struct description *description);
bool gicv3_init(const struct description *description);
bool pl011_init(const struct description *description);

// The registers at a place; nullptr when there are none.
volatile void *driver_map(const struct place *place);

static inline uint32_t mmio_read(volatile uint8_t *base, uint32_t offset)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, %1" : "=r"(value) : "Q"(*(volatile uint32_t *)(base + offset)));
    return value;
}

static inline void mmio_write(volatile uint8_t *base, uint32_t offset, uint32_t value)
{
    __asm__ volatile("str %w1, %0" : "=Q"(*(volatile uint32_t *)(base + offset)) : "r"(value));
}
