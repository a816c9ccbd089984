// SPDX-License-Identifier: MIT
// Channel 2 of the 8254 interval timer, which can be read without an interrupt: it counts down from
// 65535 once, long enough (55 ms) for one calibration. (Intel 8254 data sheet.)
#include "kernel/device/x86/reference.h"
#include <arch/arch.h>

enum : uint16_t { CHANNEL_2 = 0x42, COMMAND = 0x43, GATE = 0x61 };
enum : uint8_t {
    COMMAND_COUNT_ONCE = 0xb0, // channel 2, both bytes, mode 0
    COMMAND_LATCH = 0x80,
    GATE_OPEN = 1u << 0,
    GATE_SPEAKER = 1u << 1,
};
enum : uint32_t { PIT_FREQUENCY = 1'193'182, PIT_START = 0xffff };

static uint64_t pit_read(void)
{
    port_out8(COMMAND, COMMAND_LATCH);
    uint32_t low = port_in8(CHANNEL_2);
    return PIT_START - (low | (uint32_t)port_in8(CHANNEL_2) << 8);
}

static const struct reference reference = {
    .name = "pit", .read = pit_read, .frequency = PIT_FREQUENCY, .mask = PIT_START};

const struct reference *pit_open(void)
{
    port_out8(GATE, (uint8_t)((port_in8(GATE) & ~GATE_SPEAKER) | GATE_OPEN));
    port_out8(COMMAND, COMMAND_COUNT_ONCE);
    port_out8(CHANNEL_2, PIT_START & 0xff);
    port_out8(CHANNEL_2, PIT_START >> 8);
    return &reference;
}
