// SPDX-License-Identifier: MIT
// What is believed of messages that a packet was too big for its path.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/icmp6.h>
#include <lwip/init.h>
#include <lwip/ip6.h>
#include <lwip/nd6.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/ip6.h>
#include <lwip/priv/nd6_priv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct netif netif;

// The path's size after a message with this one, where 1500 was known before.
static uint16_t after(uint32_t told)
{
    struct message {
        struct icmp6_hdr head;
        struct ip6_hdr packet;
    } message = {.head = {.type = ICMP6_TYPE_PTB, .data = lwip_htonl(told)}};
    ip6_addr_t to;
    uint32_t key[LWIP_TABLE_KEY];
    ip6addr_aton("2001:db8::9", &to);
    lwip_table_key6(key, &to);
    int entry = lwip_table_find(&lwip_destinations, key);
    if (entry < 0) entry = lwip_table_add(&lwip_destinations, key);
    destination_cache[entry].pmtu = 1500;
    ip6_addr_copy_to_packed(message.packet.dest, to);
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, sizeof message, PBUF_RAM);
    pbuf_take(packet, &message, sizeof message);
    nd6_input(packet, &netif);
    return nd6_get_destination_mtu(&to, &netif);
}

TEST("a path may carry less, but not less than IPv6 needs, and not more than was known")
{
    EXPECT(after(1400) == 1400);
    EXPECT(after(1280) == 1280);
    static const uint32_t no_routers[] = {0,    1,    40,   47,    48,    60,
                                          1279, 1500, 9000, 65535, 66816, UINT32_MAX};
    for (size_t i = 0; i < sizeof no_routers / sizeof *no_routers; i++)
        EXPECT(after(no_routers[i]) == 1500);
}
