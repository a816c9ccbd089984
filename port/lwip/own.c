// SPDX-License-Identifier: MIT
// Who this host is: packets that it sends to itself never leave it, so none that comes from a link is
// its own, whatever it says of itself.
#include <lwip_hooks.h>

#include <lwip/netif.h>

static bool is_of_netif(const struct netif *netif, const ip_addr_t *address)
{
    if (!IP_IS_V6(address)) return ip4_addr_eq(netif_ip4_addr(netif), ip_2_ip4(address));
    for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
            ip6_addr_zoneless_eq(netif_ip6_addr(netif, i), ip_2_ip6(address)))
            return true;
    }
    return false;
}

bool lwip_address_is_own(const ip_addr_t *address)
{
    const struct netif *netif;
    if (ip_addr_isany(address)) return false;
    if (ip_addr_isloopback(address)) return true;
    NETIF_FOREACH(netif)
    {
        if (is_of_netif(netif, address)) return true;
    }
    return false;
}
