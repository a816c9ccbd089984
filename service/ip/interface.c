// SPDX-License-Identifier: MIT
// The files of each interface: /net/ipifc/N, as Plan 9 has them, and for a card /net/etherN.
#include "ip.h"

#include <errno.h>
#include <lwip/stats.h>
#include <lwip/timeouts.h>
#include <lwip_privacy.h>
#include <stdio.h>
#include <string.h>

static uint32_t number_of(struct netif *netif)
{
    return (uint32_t)netif_get_index(netif) - 1U;
}

static int status_text(struct p9_request *request, void *context, struct p9_text *text)
{
    struct netif *netif = context;
    if (netif == nullptr) return -ENOENT;
    link_print(text, netif);
    return 0;
}

static int local_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct netif *netif = context;
    char name[IPADDR_STRLEN_MAX];
    if (netif == nullptr) return -ENOENT;
    if (!ip4_addr_isany(netif_ip4_addr(netif)))
        p9_print(text, "%s\n", ip4addr_ntoa_r(netif_ip4_addr(netif), name, sizeof(name)));
    for (uint8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
            p9_print(text, "%s\n", address_name(netif_ip_addr6(netif, i), name));
    }
    return 0;
}

static int hardware_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct netif *netif = context;
    if (netif == nullptr) return -ENOENT;
    for (uint8_t i = 0; i < netif->hwaddr_len; i++) p9_print(text, "%02x", netif->hwaddr[i]);
    p9_print(text, "\n");
    return 0;
}

static int stats_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct netif *netif = context;
    if (netif == nullptr) return -ENOENT;
    const struct stats_mib2_netif_ctrs *counts = &netif->mib2_counters;
    p9_print(text, "in: %u\nin bytes: %u\nin discards: %u\n",
             (unsigned)(counts->ifinucastpkts + counts->ifinnucastpkts),
             (unsigned)counts->ifinoctets, (unsigned)counts->ifindiscards);
    p9_print(text, "out: %u\nout bytes: %u\nout discards: %u\nlink: %u\nmtu: %u\n",
             (unsigned)(counts->ifoutucastpkts + counts->ifoutnucastpkts),
             (unsigned)counts->ifoutoctets, (unsigned)counts->ifoutdiscards,
             (unsigned)netif_is_link_up(netif), netif->mtu);
    return 0;
}

static int ctl_command(struct p9_request *request, void *context, const char *bytes, size_t size)
{
    return context == nullptr ? -ENOENT : configure_interface(request, context, bytes, size);
}

static int add(struct netif *netif, const char *folder, const char *name,
               struct p9_tree_entry entry)
{
    char path[64];
    struct p9_node *unused;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    entry.path = path;
    entry.context = netif;
    if (entry.mode == 0) entry.mode = 0444;
    return p9_tree_add(tree, &entry, &unused);
}

void interface_remove(struct netif *netif)
{
    char folder[32];
    snprintf(folder, sizeof(folder), "ipifc/%u", number_of(netif));
    p9_tree_remove(tree, folder);
    if (netif->hwaddr_len != 0) p9_tree_remove(tree, link_name(netif));
}

static void look(void *unused)
{
    struct netif *netif;
    NETIF_FOREACH(netif)
    lwip_temporary_look(netif);
    sys_timeout(1000, look, nullptr);
}

void interfaces_start(void)
{
    look(nullptr);
}

int interface_add(struct netif *netif)
{
    char folder[32];
    snprintf(folder, sizeof(folder), "ipifc/%u", number_of(netif));
    int error = add(netif, folder, "status", (struct p9_tree_entry){.text = status_text});
    if (error == 0) error = add(netif, folder, "local", (struct p9_tree_entry){.text = local_text});
    if (error == 0)
        error =
            add(netif, folder, "ctl", (struct p9_tree_entry){.command = ctl_command, .mode = 0600});
    if (error != 0 || netif->hwaddr_len == 0) return error;
    error = add(netif, link_name(netif), "addr", (struct p9_tree_entry){.text = hardware_text});
    return error == 0
               ? add(netif, link_name(netif), "stats", (struct p9_tree_entry){.text = stats_text})
               : error;
}
