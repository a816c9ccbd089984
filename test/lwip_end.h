// SPDX-License-Identifier: MIT
// A machine of lwIP's with one card, for a unit test that is the other end: what the machine sends
// is given to the test, and segments and packets of the test's reach it, with right checksums.
// Included once, by the test itself, which has all of it for its own.
#pragma once

#include "test/lwip.h"

#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>

static struct netif netif;

static err_t netif_make(struct netif *made)
{
    made->mtu = 1500;
    return ERR_OK;
}

// It is 10.0.0.`number`, and sends what is for others to their network's router. False: it was
// there already.
static bool machine_start(uint8_t number, netif_output_fn output)
{
    ip4_addr_t address, mask, none = {};
    if (netif.output) return false;
    lwip_init();
    IP4_ADDR(&address, 10, 0, 0, number);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    netif_add(&netif, &address, &mask, &none, NULL, netif_make, ip_input);
    netif.output = output;
    netif_set_default(&netif);
    netif_set_up(&netif);
    netif_set_link_up(&netif);
    return true;
}

static inline void packet_input(const ip_addr_t *from, uint8_t protocol, const void *bytes,
                                uint16_t size)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (u16_t)(IP_HLEN + size), PBUF_RAM);
    struct ip_hdr ip = {._ttl = 64, ._proto = protocol, ._len = lwip_htons(packet->tot_len)};
    IPH_VHL_SET(&ip, 4, IP_HLEN / 4);
    ip4_addr_copy(ip.src, *ip_2_ip4(from));
    ip4_addr_copy(ip.dest, *netif_ip4_addr(&netif));
    IPH_CHKSUM_SET(&ip, inet_chksum(&ip, IP_HLEN));
    pbuf_take(packet, &ip, sizeof ip);
    pbuf_take_at(packet, bytes, size, IP_HLEN);
    if (netif.input(packet, &netif) != ERR_OK) pbuf_free(packet);
}

// Without options; the window can be set afterwards.
static inline struct tcp_hdr segment_head(uint16_t from, uint16_t to, unsigned flags, uint32_t at,
                                          uint32_t acknowledged)
{
    struct tcp_hdr head = {
        .src = lwip_htons(from),
        .dest = lwip_htons(to),
        .seqno = lwip_htonl(at),
        .ackno = lwip_htonl(acknowledged),
        .wnd = lwip_htons(8192),
    };
    TCPH_HDRLEN_FLAGS_SET(&head, TCP_HLEN / 4, flags);
    return head;
}

// `segment` begins with its head, whose checksum is set here.
static inline void segment_input(const ip_addr_t *from, void *segment, uint16_t size)
{
    struct tcp_hdr *head = segment;
    struct pbuf *bytes = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    pbuf_take(bytes, segment, size);
    head->chksum = ip_chksum_pseudo(bytes, IP_PROTO_TCP, size, &netif.ip_addr, from);
    pbuf_free(bytes);
    packet_input(from, IP_PROTO_TCP, segment, size);
}

static inline unsigned pcb_count(const struct tcp_pcb *list)
{
    unsigned count = 0;
    for (; list; list = list->next) count++;
    return count;
}
