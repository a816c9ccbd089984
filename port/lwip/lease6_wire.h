// SPDX-License-Identifier: MIT
// Numbers and heads of options in messages of DHCPv6 (RFC 8415, section 21.1), the highest byte
// first. What is put returns where the next goes.
#pragma once

#include <stdint.h>

static inline uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static inline uint8_t *put16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
    return to + 2;
}

static inline uint8_t *put32(uint8_t *to, uint32_t value)
{
    return put16(put16(to, value >> 16), value & 0xffff);
}

static inline uint8_t *put_option(uint8_t *to, uint16_t kind, uint16_t size)
{
    return put16(put16(to, kind), size);
}
