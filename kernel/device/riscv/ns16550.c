// SPDX-License-Identifier: MIT
// Debug console on a 16550 UART in memory (PC16550D data sheet; serial/8250.yaml), as firmware set
// it up.
#include "driver.h"
#include "kernel/device/device.h"
#include "kernel/device/dtb.h"

enum : uint32_t { DATA = 0, STATUS = 5, STATUS_EMPTY = 1u << 5, FIFO_SIZE = 16 };

static volatile uint8_t *uart;
static uint32_t shift, width;

// A register has its own address each `1 << shift` bytes, and is read in `width` bytes.
static uint32_t get(uint32_t number)
{
    volatile uint8_t *at = uart + (number << shift);
    return width == 4 ? *(volatile uint32_t *)at : *at;
}

static void set(uint32_t number, uint32_t value)
{
    volatile uint8_t *at = uart + (number << shift);
    if (width == 4)
        *(volatile uint32_t *)at = value;
    else
        *at = (uint8_t)value;
}

// A transmitter that is empty takes as much as its FIFO holds.
static bool put(char character)
{
    static uint32_t room;
    if (room == 0) {
        if (!(get(STATUS) & STATUS_EMPTY)) return false;
        room = FIFO_SIZE;
    }
    room--;
    set(DATA, (uint8_t)character);
    return true;
}

static const struct debug_console console = {.name = "16550", .put = put};

bool ns16550_init(const struct dtb *dtb, uint32_t node)
{
    if (!dtb_is_compatible(dtb, node, "ns16550a") && !dtb_is_compatible(dtb, node, "ns16550") &&
        !dtb_is_compatible(dtb, node, "snps,dw-apb-uart"))
        return false;
    uart = driver_map(dtb, node, 0);
    if (uart == nullptr) return false;
    shift = driver_cell(dtb, node, "reg-shift", 0);
    width = driver_cell(dtb, node, "reg-io-width", 1);
    debug_console_register(&console);
    return true;
}
