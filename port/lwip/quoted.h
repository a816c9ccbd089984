// SPDX-License-Identifier: MIT
// A packet that this host sent and that the network says something about: a router, in a message
// that quotes how it begins, or the silence of the neighbour that it waited for.
#pragma once

#include <stdbool.h> // the C of lwIP has none of its own

#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

struct netif;
struct tcp_pcb;

struct quoted {
    ip_addr_t from, to;
    uint16_t size; // of the whole, of IPv4
    uint16_t local_port, remote_port;
    uint32_t number;
};

// What is quoted from byte `at` on; `netif`: by which it was sent. False: it is no whole head of a
// segment of TCP.
bool quoted_read(const struct pbuf *packet, uint16_t at, const struct netif *netif,
                 struct quoted *quoted);
// The connection that sent it and still waits for an acknowledgement of it (RFC 5927, section 4).
// NULL: none.
struct tcp_pcb *quoted_sender(const struct quoted *quoted);
// A call fails; a connection that there is goes on (RFC 1122, section 4.2.3.9). ERR_RST: nobody
// listens there, ERR_IF: its network is not reached, ERR_RTE: it is not.
void quoted_call_fail(struct tcp_pcb *pcb, err_t error);
