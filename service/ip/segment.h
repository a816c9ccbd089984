// SPDX-License-Identifier: MIT
// Where TCP is in a frame. Who changes the frame meanwhile changes no size that was found.
#pragma once

#include <stdint.h>

enum : uint32_t {
    ETHERNET = 14, // bytes of headers
    IPV4 = 20,
    IPV6 = 40,
    TCP = 20,
    PROTOCOL_TCP = 6,
};

static inline uint32_t word16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

// Where TCP begins and the packet ends, in bytes of the frame. False: it is not IP with a whole TCP
// next, or cut.
static inline bool frame_find_tcp(const uint8_t *frame, uint32_t size, uint32_t *tcp, uint32_t *end)
{
    if (size < ETHERNET + IPV4 + TCP) return false;
    const uint8_t *ip = frame + ETHERNET;
    uint32_t type = word16(frame + 12);
    if (type == 0x0800 && ip[0] == 0x45 && ip[9] == PROTOCOL_TCP) {
        if ((word16(ip + 6) & 0x3fff) != 0) return false; // a fragment
        *tcp = ETHERNET + IPV4;
        *end = ETHERNET + word16(ip + 2);
    } else if (type == 0x86dd && ip[0] >> 4 == 6 && ip[6] == PROTOCOL_TCP) {
        *tcp = ETHERNET + IPV6;
        *end = ETHERNET + IPV6 + word16(ip + 4);
    } else {
        return false;
    }
    return *end <= size && *end >= *tcp + TCP;
}
