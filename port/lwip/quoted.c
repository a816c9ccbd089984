// SPDX-License-Identifier: MIT
// Calls that end early: whose end cannot be reached, by a router's word or the silence of a
// neighbour, of both versions of IP. Of IPv4 path.c has the messages, since they tell of more.
#include "quoted.h"

#include <lwip/icmp6.h>
#include <lwip/ip6_zone.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip_hooks.h>

// Its head, of `size` bytes from `at` on, with its ends. 0: it is none of TCP's.
static uint16_t head4_read(const struct pbuf *packet, uint16_t at, struct quoted *quoted)
{
    struct ip_hdr ip;
    if (pbuf_copy_partial(packet, &ip, sizeof ip, at) != sizeof ip) return 0;
    if (IPH_HL_BYTES(&ip) < IP_HLEN || IPH_PROTO(&ip) != IP_PROTO_TCP) return 0;
    ip_addr_copy_from_ip4(quoted->from, ip.src);
    ip_addr_copy_from_ip4(quoted->to, ip.dest);
    quoted->size = lwip_ntohs(IPH_LEN(&ip));
    return IPH_HL_BYTES(&ip);
}

// Calls have no headers between that of IPv6 and TCP's.
static uint16_t head6_read(const struct pbuf *packet, uint16_t at, const struct netif *netif,
                           struct quoted *quoted)
{
    struct ip6_hdr ip;
    if (pbuf_copy_partial(packet, &ip, sizeof ip, at) != sizeof ip) return 0;
    if (IP6H_NEXTH(&ip) != IP6_NEXTH_TCP) return 0;
    ip_addr_copy_from_ip6_packed(quoted->from, ip.src);
    ip_addr_copy_from_ip6_packed(quoted->to, ip.dest);
    ip6_addr_assign_zone(ip_2_ip6(&quoted->from), IP6_UNICAST, netif);
    ip6_addr_assign_zone(ip_2_ip6(&quoted->to), IP6_UNICAST, netif);
    quoted->size = (uint16_t)(IP6_HLEN + IP6H_PLEN(&ip));
    return IP6_HLEN;
}

bool quoted_read(const struct pbuf *packet, uint16_t at, const struct netif *netif,
                 struct quoted *quoted)
{
    struct {
        uint16_t local_port, remote_port;
        uint32_t number;
    } tcp;
    uint16_t head = 0;
    switch (pbuf_get_at(packet, at) >> 4) {
    case 4: head = head4_read(packet, at, quoted); break;
    case 6: head = head6_read(packet, at, netif, quoted); break;
    default: break;
    }
    if (head == 0) return false;
    if (pbuf_copy_partial(packet, &tcp, sizeof tcp, (u16_t)(at + head)) != sizeof tcp) return false;
    quoted->local_port = lwip_ntohs(tcp.local_port);
    quoted->remote_port = lwip_ntohs(tcp.remote_port);
    quoted->number = lwip_ntohl(tcp.number);
    return true;
}

struct tcp_pcb *quoted_sender(const struct quoted *quoted)
{
    struct tcp_pcb *pcb = lwip_ends_find(&quoted->to, quoted->remote_port, &quoted->from,
                                         quoted->local_port, NETIF_NO_INDEX);
    return pcb != NULL && TCP_SEQ_GEQ(quoted->number, pcb->lastack) &&
                   TCP_SEQ_LT(quoted->number, pcb->snd_nxt)
               ? pcb
               : NULL;
}

void quoted_call_fail(struct tcp_pcb *pcb, err_t error)
{
    tcp_err_fn failed = pcb->errf;
    void *argument = pcb->callback_arg;
    if (pcb->state != SYN_SENT) return;
    pcb->errf = NULL;
    tcp_abandon(pcb, 0);
    if (failed != NULL) failed(argument, error);
}

void lwip_path_message6(const struct pbuf *message, const struct netif *netif)
{
    struct icmp6_hdr header;
    struct quoted quoted;
    if (pbuf_copy_partial(message, &header, sizeof header, 0) != sizeof header) return;
    if (!quoted_read(message, sizeof header, netif, &quoted) || !IP_IS_V6(&quoted.to)) return;
    struct tcp_pcb *pcb = quoted_sender(&quoted);
    if (pcb == NULL) return;
    err_t error = ERR_RTE;
    if (header.code == ICMP6_DUR_PORT) error = ERR_RST;
    if (header.code == ICMP6_DUR_NO_ROUTE) error = ERR_IF;
    quoted_call_fail(pcb, error);
}

void lwip_path_silent(const struct pbuf *packet, const struct netif *netif)
{
    struct quoted quoted;
    if (!quoted_read(packet, 0, netif, &quoted)) return;
    struct tcp_pcb *pcb = quoted_sender(&quoted);
    if (pcb != NULL) quoted_call_fail(pcb, ERR_RTE);
}
