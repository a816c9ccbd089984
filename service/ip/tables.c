// SPDX-License-Identifier: MIT
// What the host knows of its neighbours and ways, in Plan 9's files: /net/arp, /net/ndp,
// /net/iproute, /net/ipselftab; and what each protocol counts, in /net/<protocol>/stats.
#include "ip.h"

#include <abi/syscalls.h>
#include <ferrite/memory.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <lwip_table.h>

enum : uint64_t { PART = 256, CALLS_PART = 64, ORPHANS_PART = 16 };

static void print_hardware(struct p9_text *text, const uint8_t *a)
{
    p9_print(text, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int arp_text(struct p9_request *request, void *context, struct p9_text *text)
{
    ip4_addr_t *address;
    struct netif *netif;
    struct eth_addr *hardware;
    char name[IPADDR_STRLEN_MAX];
    for (size_t i = 0; i < (size_t)lwip_arp.size; i++) {
        if (etharp_get_entry(i, &address, &netif, &hardware) == 0) continue;
        ip4addr_ntoa_r(address, name, sizeof(name));
        p9_print(text, "%s %s ", link_name(netif), name);
        print_hardware(text, hardware->addr);
        p9_print(text, "\n");
    }
    return 0;
}

static const char *name_v6(const ip6_addr_t *address, char *name)
{
    ip_addr_t both;
    ip_addr_copy_from_ip6(both, *address);
    ip6_addr_clear_zone(ip_2_ip6(&both)); // the card is told beside it
    return address_name(&both, name);
}

static int ndp_text(struct p9_request *request, void *context, struct p9_text *text)
{
    static const char *const states[] = {"none",  "incomplete", "reachable",
                                         "stale", "delay",      "probe"};
    char name[IPADDR_STRLEN_MAX];
    for (int i = 0; i < lwip_neighbours.size; i++) {
        const struct nd6_neighbor_cache_entry *entry = &neighbor_cache[i];
        if (entry->state == ND6_NO_ENTRY || entry->netif == nullptr) continue;
        p9_print(text, "%s %s ", link_name(entry->netif), name_v6(&entry->next_hop_address, name));
        print_hardware(text, entry->lladdr);
        p9_print(text, " %s%s\n", states[entry->state], entry->isrouter ? " router" : "");
    }
    return 0;
}

static uint32_t mask_bits(const ip4_addr_t *mask)
{
    return (uint32_t)__builtin_popcount(mask->addr);
}

static void print_routes_v4(struct p9_text *text, const struct netif *netif)
{
    char name[IPADDR_STRLEN_MAX];
    const ip4_addr_t *mask = netif_ip4_netmask(netif), *gateway = netif_ip4_gw(netif);
    if (ip4_addr_isany(netif_ip4_addr(netif))) return;
    const ip4_addr_t network = {netif_ip4_addr(netif)->addr & mask->addr};
    p9_print(text, "%s/%u %s\n", ip4addr_ntoa_r(&network, name, sizeof(name)), mask_bits(mask),
             link_name(netif));
    if (netif != netif_default || ip4_addr_isany(gateway)) return;
    p9_print(text, "0.0.0.0/0 %s %s\n", link_name(netif),
             ip4addr_ntoa_r(gateway, name, sizeof(name)));
}

static void print_routes_v6(struct p9_text *text)
{
    char name[IPADDR_STRLEN_MAX];
    for (size_t i = 0; i < LWIP_ND6_NUM_PREFIXES; i++) {
        const struct nd6_prefix_list_entry *entry = &prefix_list[i];
        if (entry->netif == nullptr || entry->invalidation_timer == 0) continue;
        p9_print(text, "%s/64 %s\n", name_v6(&entry->prefix, name), link_name(entry->netif));
    }
    for (size_t i = 0; i < LWIP_ND6_NUM_ROUTERS; i++) {
        const struct nd6_router_list_entry *entry = &default_router_list[i];
        const struct nd6_neighbor_cache_entry *router = entry->neighbor_entry;
        if (router == nullptr || router->netif == nullptr) continue;
        p9_print(text, "::/0 %s %s\n", link_name(router->netif),
                 name_v6(&router->next_hop_address, name));
    }
}

static int routes_text(struct p9_request *request, void *context, struct p9_text *text)
{
    struct netif *netif;
    NETIF_FOREACH(netif)
    print_routes_v4(text, netif);
    print_routes_v6(text);
    return 0;
}

static int own_text(struct p9_request *request, void *context, struct p9_text *text)
{
    struct netif *netif;
    char name[IPADDR_STRLEN_MAX];
    NETIF_FOREACH(netif)
    {
        if (!ip4_addr_isany(netif_ip4_addr(netif)))
            p9_print(text, "%s %s\n", ip4addr_ntoa_r(netif_ip4_addr(netif), name, sizeof(name)),
                     link_name(netif));
        for (uint8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
            if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
                p9_print(text, "%s %s\n", name_v6(netif_ip6_addr(netif, i), name),
                         link_name(netif));
        }
    }
    return 0;
}

struct counter {
    const char *name;
    const uint32_t *value;
};

static const struct counter tcp_counters[] = {
    {"ActiveOpens", &lwip_stats.mib2.tcpactiveopens},
    {"PassiveOpens", &lwip_stats.mib2.tcppassiveopens},
    {"AttemptFails", &lwip_stats.mib2.tcpattemptfails},
    {"EstabResets", &lwip_stats.mib2.tcpestabresets},
    {"InSegs", &lwip_stats.mib2.tcpinsegs},
    {"OutSegs", &lwip_stats.mib2.tcpoutsegs},
    {"RetransSegs", &lwip_stats.mib2.tcpretranssegs},
    {"InErrs", &lwip_stats.mib2.tcpinerrs},
    {"OutRsts", &lwip_stats.mib2.tcpoutrsts},
    {},
};
static const struct counter udp_counters[] = {
    {"InDatagrams", &lwip_stats.mib2.udpindatagrams},
    {"NoPorts", &lwip_stats.mib2.udpnoports},
    {"InErrors", &lwip_stats.mib2.udpinerrors},
    {"OutDatagrams", &lwip_stats.mib2.udpoutdatagrams},
    {},
};
static const struct counter icmp_counters[] = {
    {"InMsgs", &lwip_stats.mib2.icmpinmsgs},
    {"InErrors", &lwip_stats.mib2.icmpinerrors},
    {"InDestUnreachs", &lwip_stats.mib2.icmpindestunreachs},
    {"InEchos", &lwip_stats.mib2.icmpinechos},
    {"InEchoReps", &lwip_stats.mib2.icmpinechoreps},
    {"OutMsgs", &lwip_stats.mib2.icmpoutmsgs},
    {"OutErrors", &lwip_stats.mib2.icmpouterrors},
    {"OutDestUnreachs", &lwip_stats.mib2.icmpoutdestunreachs},
    {"OutEchoReps", &lwip_stats.mib2.icmpoutechoreps},
    {},
};
static const struct counter ip_counters[] = {
    {"InReceives", &lwip_stats.mib2.ipinreceives},
    {"InHdrErrors", &lwip_stats.mib2.ipinhdrerrors},
    {"InAddrErrors", &lwip_stats.mib2.ipinaddrerrors},
    {"InUnknownProtos", &lwip_stats.mib2.ipinunknownprotos},
    {"InDiscards", &lwip_stats.mib2.ipindiscards},
    {"InDelivers", &lwip_stats.mib2.ipindelivers},
    {"OutRequests", &lwip_stats.mib2.ipoutrequests},
    {"OutDiscards", &lwip_stats.mib2.ipoutdiscards},
    {"OutNoRoutes", &lwip_stats.mib2.ipoutnoroutes},
    {"ReasmReqds", &lwip_stats.mib2.ipreasmreqds},
    {"ReasmOKs", &lwip_stats.mib2.ipreasmoks},
    {"ReasmFails", &lwip_stats.mib2.ipreasmfails},
    {"FragOKs", &lwip_stats.mib2.ipfragoks},
    {"FragFails", &lwip_stats.mib2.ipfragfails},
    {"FragCreates", &lwip_stats.mib2.ipfragcreates},
    {},
};

static int counters_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct counter *counter = context;
    for (; counter->name != nullptr; counter++)
        p9_print(text, "%s: %u\n", counter->name, (unsigned)*counter->value);
    return 0;
}

// What neighbours and paths may take, calls that are not complete, and connections that were
// closed: parts of what services have.
static void tables_limit(void)
{
    struct fe_process_info info = {};
    if (fe_process_inspect(fe_process_self(), &info) != OK) return;
    lwip_table_room = (size_t)(info.memory_limit / PART);
    lwip_calls_room = (size_t)(info.memory_limit / CALLS_PART);
    lwip_orphans_room = (size_t)(info.memory_limit / ORPHANS_PART);
}

int tables_serve(void)
{
    static const struct p9_tree_entry files[] = {
        {.path = "arp", .mode = 0444, .text = arp_text},
        {.path = "ndp", .mode = 0444, .text = ndp_text},
        {.path = "iproute", .mode = 0444, .text = routes_text},
        {.path = "ipselftab", .mode = 0444, .text = own_text},
        {.path = "tcp/stats", .mode = 0444, .text = counters_text, .context = (void *)tcp_counters},
        {.path = "udp/stats", .mode = 0444, .text = counters_text, .context = (void *)udp_counters},
        {.path = "icmp/stats",
         .mode = 0444,
         .text = counters_text,
         .context = (void *)icmp_counters},
        {.path = "ipifc/stats",
         .mode = 0444,
         .text = counters_text,
         .context = (void *)ip_counters},
    };
    tables_limit();
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct p9_node *unused;
        int error = p9_tree_add(tree, &files[i], &unused);
        if (error != 0) return error;
    }
    return 0;
}
