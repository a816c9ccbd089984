// SPDX-License-Identifier: MIT
// Frames for lwIP, which takes for granted that none is shorter than Ethernet allows: the headers
// of ARP and IP are then there, whatever came.
#include "ip.h"

#include <string.h>

enum : uint32_t { FRAME_MIN = 60 }; // bytes, without the checksum: IEEE 802.3, 4A.4.2

struct pbuf *frame_make(const void *bytes, uint32_t size)
{
    uint32_t whole = size < FRAME_MIN ? FRAME_MIN : size;
    if (whole > UINT16_MAX) return nullptr;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (uint16_t)whole, PBUF_RAM);
    if (packet == nullptr) return nullptr;
    memcpy(packet->payload, bytes, size);
    memset((uint8_t *)packet->payload + size, 0, whole - size);
    return packet;
}
