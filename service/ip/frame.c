// SPDX-License-Identifier: MIT
// Frames for lwIP, which takes for granted that none is shorter than Ethernet allows: the headers
// of ARP and IP are then there, whatever came. None that says that this host itself sent it is
// taken.
#include "ip.h"

#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip_hooks.h>
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

// What runs here trusts what it hears from here: RFC 1122, section 3.2.1.3; RFC 4291,
// section 2.5.3.
bool frame_is_spoofed(const struct pbuf *packet)
{
    const struct eth_hdr *head = packet->payload;
    ip_addr_t source;
    if (head->type == PP_HTONS(ETHTYPE_IP)) {
        const struct ip_hdr *ip = (const void *)(head + 1);
        ip_addr_copy_from_ip4(source, ip->src);
    } else if (head->type == PP_HTONS(ETHTYPE_IPV6)) {
        const struct ip6_hdr *ip = (const void *)(head + 1);
        ip_addr_copy_from_ip6_packed(source, ip->src);
    } else {
        return false;
    }
    return lwip_address_is_own(&source);
}
