// SPDX-License-Identifier: MIT
// Numbers of messages, the highest byte first, and what fields of the header say.
#pragma once

#include <stdint.h>

enum : uint16_t { CLASS_IN = 1 };
enum : uint16_t { // of the header
    FLAG_ANSWER = 0x8000,
    MASK_OPERATION = 0x7800,
    FLAG_TRUNCATED = 0x0200,
    FLAG_WISH = 0x0100,      // that the server asks others
    FLAG_AVAILABLE = 0x0080, // it does
    MASK_CODE = 0x000f,
};

static inline uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

static inline uint32_t get32(const uint8_t *from)
{
    return (uint32_t)get16(from) << 16 | get16(from + 2);
}

static inline void put16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static inline void put32(uint8_t *to, uint32_t value)
{
    put16(to, (uint16_t)(value >> 16));
    put16(to + 2, (uint16_t)value);
}
