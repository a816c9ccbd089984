// SPDX-License-Identifier: MIT
// /net/ctl: how the host's addresses are set by hand. One command a write, for user 0:
//     dhcp NAME                           asks for addresses again
//     static NAME ADDRESS/BITS [GATEWAY]  sets an IPv4 address, or adds an IPv6 one
//     bind NAME                           uses that card; another stack must have left it
//     unbind NAME                         leaves it
//     dns [ADDRESS...]                    the name servers, in place of those learnt
//     ntp [ADDRESS...]                    the time servers
#include "ip.h"

#include <errno.h>
#include <lwip/dhcp.h>
#include <lwip_privacy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum : uint32_t { COMMAND_SIZE = 256, MTU_LEAST = 1280 };

// Whether a command is over: what nobody reads would be taken for done.
static bool is_end(char **rest)
{
    return strtok_r(nullptr, " \n", rest) == nullptr;
}

static int set_static_v4(struct netif *netif, const ip_addr_t *address, unsigned long bits,
                         const char *gateway_text)
{
    ip_addr_t gateway;
    ip4_addr_t mask;
    ip_addr_copy_from_ip4(gateway, *netif_ip4_gw(netif));
    if (bits > 32) return -EINVAL;
    if (gateway_text != nullptr && (!address_read(gateway_text, &gateway) || !IP_IS_V4(&gateway)))
        return -EINVAL;
    mask.addr = bits == 0 ? 0 : lwip_htonl(UINT32_MAX << (32 - bits));
    dhcp_release_and_stop(netif);
    netif_set_addr(netif, ip_2_ip4(address), &mask, ip_2_ip4(&gateway));
    return 0;
}

static int set_static(struct netif *netif, char *address_text, const char *gateway)
{
    char *slash = strchr(address_text, '/'), *end;
    ip_addr_t address;
    if (slash == nullptr) return -EINVAL;
    *slash = '\0';
    unsigned long bits = strtoul(slash + 1, &end, 10);
    if (*end != '\0' || slash[1] < '0' || slash[1] > '9') return -EINVAL;
    if (strchr(address_text, '%') != nullptr || !address_read(address_text, &address))
        return -EINVAL; // the interface is known
    if (IP_IS_V4(&address)) return set_static_v4(netif, &address, bits, gateway);
    // RFC 4291, section 2.5.4: an interface's part is 64 bits. Routers tell of themselves.
    if (bits != 64 || gateway != nullptr) return -EINVAL;
    int8_t index;
    return lwip_errno(netif_add_ip6_address(netif, ip_2_ip6(&address), &index));
}

static int set_servers(int (*choose)(const ip_addr_t *servers, uint32_t count), char *first,
                       char **rest)
{
    uint32_t count = 0;
    ip_addr_t servers[COMMAND_SIZE / 2]; // as many as a command can name: "1" is an address, too
    for (char *text = first; text != nullptr; text = strtok_r(nullptr, " \n", rest)) {
        if (!address_read(text, &servers[count++])) return -EINVAL;
    }
    return choose(servers, count);
}

// What a card's own ctl and /net/ctl share. `rest` has the other words.
static int add_address(struct netif *netif, char **rest)
{
    char *address = strtok_r(nullptr, " \n", rest);
    const char *gateway = strtok_r(nullptr, " \n", rest);
    return address == nullptr || !is_end(rest) ? -EINVAL : set_static(netif, address, gateway);
}

static int remove_address(struct netif *netif, const char *text)
{
    ip_addr_t address;
    if (text == nullptr || !address_read(text, &address)) return -EINVAL;
    if (IP_IS_V4(&address)) {
        if (!ip4_addr_eq(netif_ip4_addr(netif), ip_2_ip4(&address))) return -EADDRNOTAVAIL;
        dhcp_release_and_stop(netif);
        netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4);
        return 0;
    }
    ip6_addr_assign_zone(ip_2_ip6(&address), IP6_UNICAST, netif);
    int8_t index = netif_get_ip6_addr_match(netif, ip_2_ip6(&address));
    if (index < 0) return -EADDRNOTAVAIL;
    netif_ip6_addr_set_state(netif, index, IP6_ADDR_INVALID);
    return 0;
}

// No larger than the card's, and no smaller than IPv6 needs.
static int set_mtu(struct netif *netif, const char *text)
{
    char *end;
    unsigned long mtu = text == nullptr ? 0 : strtoul(text, &end, 10);
    if (mtu < MTU_LEAST || *end != '\0' || mtu > link_mtu(netif)) return -EINVAL;
    netif->mtu = netif->mtu6 = (uint16_t)mtu;
    return 0;
}

static int set_privacy(struct netif *netif, const char *word)
{
    bool is_on = word != nullptr && strcmp(word, "on") == 0;
    if (!is_on && (word == nullptr || strcmp(word, "off") != 0)) return -EINVAL;
    lwip_temporary_set(netif, is_on);
    return 0;
}

// Commands are user 0's. Gives the bytes as text.
static int command_read(const struct p9_request *request, const char *bytes, size_t size,
                        char text[COMMAND_SIZE])
{
    if (request->identity->uid != 0) return -EPERM;
    if (size >= COMMAND_SIZE) return -EINVAL;
    memcpy(text, bytes, size);
    text[size] = '\0';
    changes_note();
    return 0;
}

int configure_interface(struct p9_request *request, struct netif *netif, const char *bytes,
                        size_t size)
{
    char text[COMMAND_SIZE], *rest;
    int error = command_read(request, bytes, size, text);
    if (error != 0) return error;
    const char *word = strtok_r(text, " \n", &rest);
    if (word == nullptr) return -EINVAL;
    bool is_loopback = netif->hwaddr_len == 0; // which stays as it is
    if (strcmp(word, "add") == 0) return is_loopback ? -EINVAL : add_address(netif, &rest);
    const char *what = strtok_r(nullptr, " \n", &rest);
    if (!is_end(&rest)) return -EINVAL;
    if (strcmp(word, "remove") == 0) return remove_address(netif, what);
    if (is_loopback) return -EINVAL;
    if (strcmp(word, "dhcp") == 0) return what == nullptr ? lwip_errno(dhcp_start(netif)) : -EINVAL;
    if (strcmp(word, "privacy") == 0) return set_privacy(netif, what);
    return strcmp(word, "mtu") == 0 ? set_mtu(netif, what) : -EINVAL;
}

static int bind_card(const char *name)
{
    int error = card_set(name, true);
    if (error != 0) return error;
    links_look();
    return link_netif(name) == nullptr ? -ENODEV : 0;
}

static int unbind_card(const char *name)
{
    int error = link_leave(name);
    return error == 0 ? card_set(name, false) : error;
}

static int card_command(const char *word, const char *name, char **rest)
{
    struct netif *netif = link_netif(name);
    if (strcmp(word, "static") == 0) return netif == nullptr ? -ENODEV : add_address(netif, rest);
    if (!is_end(rest)) return -EINVAL;
    if (strcmp(word, "bind") == 0) return bind_card(name);
    if (strcmp(word, "unbind") == 0) return unbind_card(name);
    if (strcmp(word, "dhcp") != 0) return -EINVAL;
    return netif == nullptr ? -ENODEV : lwip_errno(dhcp_start(netif));
}

static int ctl_command(struct p9_request *request, void *context, const char *bytes, size_t size)
{
    char text[COMMAND_SIZE], *rest;
    int error = command_read(request, bytes, size, text);
    if (error != 0) return error;
    const char *word = strtok_r(text, " \n", &rest);
    char *first = strtok_r(nullptr, " \n", &rest);
    if (word == nullptr) return -EINVAL;
    if (strcmp(word, "dns") == 0) return set_servers(host_choose_name_servers, first, &rest);
    if (strcmp(word, "ntp") == 0) return set_servers(host_choose_time_servers, first, &rest);
    return first == nullptr ? -EINVAL : card_command(word, first, &rest);
}

int configure_serve(void)
{
    static const struct p9_tree_entry entry = {.path = "ctl", .mode = 0600, .command = ctl_command};
    struct p9_node *unused;
    return p9_tree_add(tree, &entry, &unused);
}
