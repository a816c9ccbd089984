// SPDX-License-Identifier: MIT
// Whether there is a way to an address, and what this machine's address on it is. lwIP would send
// what goes nowhere by its default interface, and a program would wait for an answer in vain.
#include "ip.h"

#include <errno.h>
#include <lwip/dhcp.h>
#include <lwip/ip.h>
#include <lwip/nd6.h>
#include <lwip/prot/dhcp.h>

enum : uint8_t { DISCOVERIES = 3 }; // without an answer: 14 s

// An address that was set by hand has its network at its interface; one that a router gave has not
// (RFC 5942).
static bool is_beside(const struct netif *netif, const ip6_addr_t *remote)
{
    for (uint8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        const ip6_addr_t *own = netif_ip6_addr(netif, i);
        if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, i))) continue;
        if (!ip6_addr_net_zoneless_eq(own, remote)) continue;
        if (netif_ip6_addr_isstatic(netif, i) || ip6_addr_nethost_eq(own, remote)) return true;
    }
    return false;
}

static bool has_way(const struct netif *netif, const ip_addr_t *remote)
{
    if (!IP_IS_V6(remote) || ip6_addr_has_scope(ip_2_ip6(remote), IP6_UNICAST)) return true;
    return nd6_find_route(ip_2_ip6(remote)) != nullptr || is_beside(netif, ip_2_ip6(remote));
}

int route_find(const ip_addr_t *local, const ip_addr_t *remote, const ip_addr_t **source)
{
    struct netif *netif = ip_route(local, remote);
    if (netif == nullptr || !has_way(netif, remote)) return -ENETUNREACH;
    *source = ip_addr_isany(local) ? ip_netif_get_local_ip(netif, remote) : local;
    return *source == nullptr || ip_addr_isany(*source) ? -ENETUNREACH : 0;
}

// An offer is asked for, or was made and is looked at: one that nobody makes is not waited for.
static bool is_asking(const struct netif *netif)
{
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    if (dhcp == nullptr || !netif_is_up(netif) || !netif_is_link_up(netif)) return false;
    switch (dhcp->state) {
    case DHCP_STATE_INIT:
    case DHCP_STATE_REBOOTING:
    case DHCP_STATE_REQUESTING:
    case DHCP_STATE_CHECKING: return true;
    case DHCP_STATE_SELECTING: return dhcp->tries <= DISCOVERIES;
    default: return false;
    }
}

bool route_is_coming(const ip_addr_t *remote)
{
    const struct netif *netif;
    if (IP_IS_V6(remote)) return false;
    NETIF_FOREACH(netif) if (is_asking(netif)) return true;
    return false;
}
