// SPDX-License-Identifier: MIT
// Whether a segment's checksum may be left to the card that it goes by. Not that of a segment which
// stays on this host, where no card sees it, nor of one that is cut into pieces, of which no card
// sees the whole.
#include <lwip_hooks.h>

#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>

static bool is_cut(const ip_addr_t *to, struct netif *netif, uint32_t size)
{
    if (!IP_IS_V6(to)) return size + IP_HLEN > lwip_path_mtu(ip_2_ip4(to), netif);
    return size + IP6_HLEN > nd6_get_destination_mtu(ip_2_ip6(to), netif);
}

bool lwip_needs_checksum(const struct pbuf *segment, const ip_addr_t *to, struct netif *netif)
{
    bool is_card = (netif->flags & NETIF_FLAG_ETHERNET) != 0; // the loopback needs none at all
    return is_card && (lwip_address_is_own(to) || is_cut(to, netif, segment->tot_len));
}
