// SPDX-License-Identifier: MIT
// Checksums that a card verifies or makes in our place (driver/ethernet.h). What it vouches for is
// believed of a packet that is whole: of pieces nobody has seen all. What it is to make is TCP's,
// whose field then holds the sum of what TCP's checksum is of besides the segment itself.
#include "ip.h"
#include "segment.h"

#include <driver/ethernet.h>
#include <lwip/def.h>
#include <lwip/prot/ip6.h>
#include <string.h>

enum : uint32_t { TCP_SUM = 16 }; // where its checksum is

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// Of the addresses, which come right before TCP in both versions of IP, of so many bytes that
// follow them, of the protocol and of the segment's size: RFC 9293, section 3.1; RFC 8200,
// section 8.1.
static uint16_t sum_of(const uint8_t *frame, uint32_t tcp, uint32_t end, uint32_t size)
{
    uint32_t addresses = tcp == ETHERNET + IPV4 ? 8 : 32;
    uint32_t sum = lwip_checksum(frame + tcp - addresses, (int)(addresses + size));
    return fold(sum + lwip_htons((uint16_t)(end - tcp)) + (uint32_t)lwip_htons(PROTOCOL_TCP));
}

bool frame_is_sound(const uint8_t *frame, uint32_t tcp, uint32_t end, bool is_vouched)
{
    if (!is_vouched && sum_of(frame, tcp, end, end - tcp) != 0xffff) return false;
    return tcp != ETHERNET + IPV4 || lwip_checksum(frame + ETHERNET, IPV4) == 0xffff;
}

uint32_t frame_leave_sum(uint8_t *frame, uint32_t size)
{
    uint32_t tcp, end;
    if (!frame_find_tcp(frame, size, &tcp, &end)) return 0;
    uint16_t sum = sum_of(frame, tcp, end, 0);
    memcpy(frame + tcp + TCP_SUM, &sum, sizeof sum);
    return tcp << ETHERNET_SUM_START | TCP_SUM << ETHERNET_SUM_AT;
}

// Whether it may come before a fragment's header in IPv6.
static bool is_before(uint32_t header)
{
    return header == IP6_NEXTH_HOPBYHOP || header == IP6_NEXTH_ROUTING ||
           header == IP6_NEXTH_DESTOPTS;
}

bool frame_is_whole(const uint8_t *frame, uint32_t size)
{
    if (size < ETHERNET + IPV6) return false;
    const uint8_t *ip = frame + ETHERNET;
    if (word16(frame + 12) == 0x0800) return (word16(ip + 6) & 0x3fff) == 0;
    uint32_t next = ip[6], at = ETHERNET + IPV6;
    while (is_before(next)) {
        if (at + 2 > size) return false;
        next = frame[at];
        at += 8 + 8 * (uint32_t)frame[at + 1];
    }
    return next != IP6_NEXTH_FRAGMENT;
}
