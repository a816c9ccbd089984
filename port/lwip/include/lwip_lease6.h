// SPDX-License-Identifier: MIT
// Addresses of IPv6 that a server gives (RFC 8415): where a router says so, one is asked for, kept
// as long as the server lets, and given back.
#pragma once

#include <lwip/netif.h>

struct pbuf;

// A router's word: whether addresses are had from a server. Asks for one, unless that is done.
void lwip_lease6_advertised(struct netif *netif, int is_managed);
// A message to the client's port. Whether it is an answer to something that was asked here.
int lwip_lease6_receive(struct netif *netif, struct pbuf *message);
// The cable is in again, and may come from elsewhere.
void lwip_lease6_linked(struct netif *netif);
// Gives the address back, and asks for none any more.
void lwip_lease6_stop(struct netif *netif);
// Whether the address of this number comes from a server.
int lwip_address_is_leased(const struct netif *netif, int index);

// To all servers; lease6.patch has it.
err_t lwip_lease6_send(struct netif *netif, struct pbuf *message);
