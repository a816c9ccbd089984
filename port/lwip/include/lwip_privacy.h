// SPDX-License-Identifier: MIT
// Temporary addresses of IPv6 (RFC 8981): beside each address that comes from a prefix of a router
// and the card's own number, one that is drawn at random, is preferred as a source for a day, and
// stays two. By the others this machine is reached.
#pragma once

#include <lwip/netif.h>

// Whether the address of this number is one.
int lwip_address_is_temporary(const struct netif *netif, int index);
// Whether the interface has such addresses, which is so at first; when not, those that there are go.
void lwip_temporary_set(struct netif *netif, int is_on);
// Called once a second: makes those that are missing or about to be over.
void lwip_temporary_look(struct netif *netif);
