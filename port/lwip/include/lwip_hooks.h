// SPDX-License-Identifier: MIT
// Where lwIP lets us decide: the number at which a new connection's stream starts, and what was
// lost of a stream, and who is forgotten when there are too many.
#pragma once

#include <lwip_lease6.h>
#include <lwip_privacy.h>

#include <lwip/tcp.h>

struct tcp_hdr;
struct tcp_seg;

// RFC 6528: a clock that advances every 4 microseconds plus a keyed hash of both ends, so that
// nobody outside can guess it and a connection made again soon does not overlap its predecessor.
u32_t lwip_initial_sequence(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote,
                            u16_t remote_port);
#define LWIP_HOOK_TCP_ISN lwip_initial_sequence

// recovery.c: a segment came, one was sent, nothing was acknowledged for too long (false: lwIP
// itself sends all again), and before anything is sent.
err_t lwip_recovery_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header,
                            uint16_t options_size, uint16_t first_size, const uint8_t *second);
void lwip_recovery_sent(struct tcp_pcb *pcb, struct tcp_seg *segment);
bool lwip_recovery_timed_out(struct tcp_pcb *pcb);
tcpwnd_size_t lwip_recovery_output(struct tcp_pcb *pcb);

// backlog.c: a segment came for a listener, or for a connection. Otherwise than ERR_OK: it is not
// looked at.
err_t lwip_backlog_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header);
// How many calls a listener lets be incomplete; 0: it takes none for now, and whoever calls asks
// again.
void lwip_backlog_set(struct tcp_pcb *listener, uint32_t count);

// orphan.c: a segment came for a connection.
void lwip_orphan_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header);

// idle.c: something is to be done for a connection, or came for one.
static inline void lwip_busy(struct tcp_pcb *pcb)
{
    if (pcb->busy_at == NULL) lwip_busy_begin(pcb);
}
static inline void lwip_busy_receive(struct tcp_pcb *pcb)
{
    if (pcb->state != LISTEN) lwip_busy(pcb); // a listener has no such field
}

#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, options_size, first_size, second, packet)          \
    (lwip_busy_receive(pcb), lwip_orphan_receive(pcb, header),                                     \
     lwip_backlog_receive(pcb, header) != ERR_OK                                                   \
                                 ? ERR_MEM                                                         \
                                 : lwip_recovery_receive(pcb, header, options_size, first_size,    \
                                                         second))

// told.c: an option of DHCP that lwIP does not know, domains of DHCPv6, as RFC 1035 writes names, one
// after the other, and what was told: names with blanks between, "" for none, and how many time
// servers there are.
void lwip_dhcp_option(u8_t option, u8_t length, struct pbuf *packet, u16_t offset);
#define LWIP_HOOK_DHCP_PARSE_OPTION(netif, dhcp, state, message, kind, option, length, packet,     \
                                    offset)                                                        \
    lwip_dhcp_option(option, length, packet, offset)
void lwip_told_domains(const u8_t *names, size_t size);
const char *lwip_told_domain(void);
u8_t lwip_told_time_servers(const ip4_addr_t **servers);

// errors.c: takes what a message of an error costs that is for there; false: it is not to be sent.
// And how many were not.
bool lwip_error_spend(const ip_addr_t *to);
extern u32_t lwip_errors_kept;

// own.c: whether it is one of this host's, on any link, or the loopback's.
bool lwip_address_is_own(const ip_addr_t *address);

// path.c: how much a path of IPv4 carries; the flags of a packet of this protocol, for its header;
// and what is heard of a path (of IPv6: quoted.c): a message of a destination that is not reached,
// from ICMP's header on, or nothing, from the neighbour that a packet waits for.
struct ip4_addr;
u16_t lwip_path_mtu(const struct ip4_addr *to, const struct netif *netif);
u16_t lwip_path_flags(u8_t protocol, const struct ip4_addr *to);
void lwip_path_message(const struct pbuf *message);
void lwip_path_message6(const struct pbuf *message, const struct netif *netif);
void lwip_path_silent(const struct pbuf *packet, const struct netif *netif);

// offload.c: whether a segment, from TCP's header on, needs a checksum though none are made for this
// link.
bool lwip_needs_checksum(const struct pbuf *segment, const ip_addr_t *to, struct netif *netif);

// Sends a segment again where it is; recovery.patch has it.
err_t lwip_tcp_resend(struct tcp_pcb *pcb, struct tcp_seg *segment);
