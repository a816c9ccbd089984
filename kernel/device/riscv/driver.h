// SPDX-License-Identifier: MIT
// The kernel's drivers for what RISC-V machines have. Each maps its registers from the DTB node and
// registers its table of device.h; false when the node does not describe a device that works.
#pragma once

#include <stdint.h>

struct cpu;
struct dtb;

// What the port supplies: interrupting another CPU, and taking back what one has done to this one.
void signal_send(struct cpu *cpu);
void signal_take(void);

// What a controller's claim() says it has taken where that is a signal of another CPU.
enum : uint32_t { NUMBER_SIGNAL = 0 };

// Whichever interrupt controller there is.
bool interrupt_controller_find(const struct dtb *dtb);

// IMSIC with the APLIC that sends to it, APLIC alone, PLIC.
bool imsic_is_open(void);
bool imsic_init(const struct dtb *dtb, uint32_t node);
bool aplic_init(const struct dtb *dtb, uint32_t node);
bool plic_init(const struct dtb *dtb, uint32_t node);

// The debug console.
bool console_init(const struct dtb *dtb, uint32_t node);

// The entry of a controller's interrupts-extended that is the running hart's external interrupt in
// the kernel's mode; false: there is none.
bool driver_entry(const struct dtb *dtb, uint32_t node, uint32_t *entry);

// A property of one cell, or `otherwise`.
uint32_t driver_cell(const struct dtb *dtb, uint32_t node, const char *name, uint32_t otherwise);

// The registers that the `index`th pair of a node's `reg` describes; nullptr when there are none.
volatile void *driver_map(const struct dtb *dtb, uint32_t node, uint32_t index);

static inline uint32_t mmio_read(volatile void *base, uint32_t offset)
{
    uint32_t value = *(volatile uint32_t *)((volatile uint8_t *)base + offset);
    __asm__ volatile("fence i, rw" : : : "memory");
    return value;
}

static inline void mmio_write(volatile void *base, uint32_t offset, uint32_t value)
{
    __asm__ volatile("fence rw, o" : : : "memory");
    *(volatile uint32_t *)((volatile uint8_t *)base + offset) = value;
}
