// SPDX-License-Identifier: MIT
// The debug console on a 16550 serial port, for whoever finds one: transmitting only, which is what
// early boot and panics need. The driver process takes the chip over later.
#pragma once

#include <stdint.h>

struct ns16550 {
    volatile uint8_t *memory; // nullptr: I/O ports
    uint16_t port;            // of register 0
    uint32_t shift;           // in memory a register lies each 1 << shift bytes,
    uint32_t width;           // and is accessed in so many: 1 or 4
};

// How much is set up: nothing, all but the speed, or all, at 115,200 baud of the PC's clock.
enum ns16550_setup : uint8_t { NS16550_AS_IT_IS, NS16550_AT_ITS_SPEED, NS16550_ANEW };

// A chip is there when its scratch register keeps two different values.
bool ns16550_is_there(const struct ns16550 *place);

// Registers the console.
void ns16550_open(const struct ns16550 *place, enum ns16550_setup setup);
