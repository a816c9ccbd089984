// SPDX-License-Identifier: MIT
// The kernel's drivers for what AArch64 machines have. Each maps its registers from the DTB node
// and registers its table of device.h; false when the node does not describe a device that works.
#pragma once

#include <stdint.h>

struct dtb;

bool gicv2_init(const struct dtb *dtb, uint32_t node);
bool gicv3_init(const struct dtb *dtb, uint32_t node);
bool pl011_init(const struct dtb *dtb, uint32_t node);

// The registers that the `index`th pair of a node's `reg` describes; nullptr when there are none.
volatile void *driver_map(const struct dtb *dtb, uint32_t node, uint32_t index);

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
