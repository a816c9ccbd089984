// SPDX-License-Identifier: MIT
// A serial port as a file: the driver of a chip gives four functions, this library serves its
// bytes. Reading waits for input, writing for room; both can be polled. Interrupts move the bytes
// between the chip and two rings of memory.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct serial_chip {
    const char *name;
    bool (*receive)(uint8_t *byte); // takes one; false: none there
    bool (*send)(uint8_t byte);     // false: the chip has no room
    void (*wants_room)(bool wants); // whether an interrupt is to tell when there is room again
    void (*acknowledge)(void);      // clears what the chip latched; before receive and send
    bool (*is_pending)(void);       // more has come meanwhile; optional, for lines that tell once
};

// The chip is set up but interrupts nobody yet; `enable` lets it. Serves for ever, on the start
// handles "interrupt/0" and "init".
[[noreturn]] void serial_serve(const struct serial_chip *chip, void (*enable)(void));
