// SPDX-License-Identifier: MIT
// Addresses as text, and lwIP's errors as errno.
#include "ip.h"

#include <errno.h>
#include <lwip/err.h>
#include <lwip/netif.h>
#include <stdlib.h>
#include <string.h>

static struct netif *zone_find(const char *text)
{
    struct netif *netif;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0')
        return number > UINT8_MAX ? nullptr : netif_get_by_index((uint8_t)number);
    NETIF_FOREACH(netif) if (strcmp(link_name(netif), text) == 0) return netif;
    return nullptr;
}

// The only card.
static struct netif *zone_only(void)
{
    struct netif *netif, *only = nullptr;
    NETIF_FOREACH(netif)
    {
        if (netif->hwaddr_len == 0) continue;
        if (only != nullptr) return nullptr;
        only = netif;
    }
    return only;
}

int address_settle(ip_addr_t *address)
{
    if (!IP_IS_V6_VAL(*address)) return 0;
    ip6_addr_t *six = ip_2_ip6(address);
    if (ip6_addr_has_zone(six)) return netif_get_by_index(ip6_addr_zone(six)) ? 0 : -ENODEV;
    if (!ip6_addr_islinklocal(six)) return 0;
    const struct netif *only = zone_only();
    if (only == nullptr) return -EINVAL;
    ip6_addr_assign_zone(six, IP6_UNICAST, only);
    return 0;
}

// To its end or the zone. lwIP reads as far as it understands, and a group that is too long into
// the one before.
static bool is_whole(const char *text)
{
    for (;;) {
        size_t digits = strspn(text, "0123456789abcdefABCDEF");
        if (digits > 4) return false;
        if (text[digits] == '\0' || text[digits] == '%') return true;
        if (text[digits] != ':' && text[digits] != '.') return false;
        text += digits + 1;
    }
}

bool address_read(const char *text, ip_addr_t *address)
{
    if (ipaddr_aton(text, address) == 0) return false;
    return IP_IS_V6_VAL(*address) ? is_whole(text) : strpbrk(text, " \t\n\v\f\r") == nullptr;
}

// `name` is the only copy: an address, and for one of a link the interface after a %.
static int read_scoped(char *name, ip_addr_t *address)
{
    char *zone = strchr(name, '%');
    if (zone != nullptr) *zone++ = '\0';
    if (!address_read(name, address)) return -EINVAL;
    if (zone == nullptr) return address_settle(address);
    if (!IP_IS_V6_VAL(*address) || !ip6_addr_has_scope(ip_2_ip6(address), IP6_UNKNOWN))
        return -EINVAL;
    const struct netif *netif = zone_find(zone);
    if (netif == nullptr) return -ENODEV;
    ip6_addr_assign_zone(ip_2_ip6(address), IP6_UNKNOWN, netif);
    return 0;
}

int address_parse(const char *text, ip_addr_t *address, uint16_t *port)
{
    char name[64], *end;
    const char *mark = strchr(text, '!');
    if (mark == nullptr || (size_t)(mark - text) >= sizeof(name)) return -EINVAL;
    memcpy(name, text, (size_t)(mark - text));
    name[mark - text] = '\0';
    unsigned long number = strtoul(mark + 1, &end, 10);
    if (*end != '\0' || mark[1] < '0' || mark[1] > '9' || number > UINT16_MAX) return -EINVAL;
    *port = (uint16_t)number;
    if (strcmp(name, "*") == 0) {
        *address = *IP_ANY_TYPE;
        return 0;
    }
    return read_scoped(name, address);
}

const char *address_name(const ip_addr_t *address, char *name)
{
    if (IP_IS_ANY_TYPE_VAL(*address)) return strcpy(name, "::");
    ipaddr_ntoa_r(address, name, IPADDR_STRLEN_MAX);
    for (char *c = name; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'F') *c += 'a' - 'A';
    }
    return name;
}

void address_print(struct p9_text *text, const ip_addr_t *address, uint16_t port)
{
    char name[IPADDR_STRLEN_MAX];
    p9_print(text, "%s", address_name(address, name));
    if (IP_IS_V6_VAL(*address) && ip6_addr_has_zone(ip_2_ip6(address)))
        p9_print(text, "%%%u", ip6_addr_zone(ip_2_ip6(address)));
    p9_print(text, "!%u\n", port);
}

int lwip_errno(int8_t error)
{
    switch (error) {
    case ERR_OK: return 0;
    case ERR_MEM:
    case ERR_BUF: return -ENOMEM;
    case ERR_TIMEOUT: return -ETIMEDOUT;
    case ERR_RTE: return -ENETUNREACH;
    case ERR_INPROGRESS: return -EINPROGRESS;
    case ERR_VAL:
    case ERR_ARG: return -EINVAL;
    case ERR_WOULDBLOCK: return -EAGAIN;
    case ERR_USE: return -EADDRINUSE;
    case ERR_ALREADY: return -EALREADY;
    case ERR_ISCONN: return -EISCONN;
    case ERR_CONN: return -ENOTCONN;
    case ERR_IF: return -ENETDOWN;
    case ERR_ABRT: return -ECONNABORTED;
    case ERR_RST: return -ECONNRESET;
    case ERR_CLSD: return -EPIPE;
    default: return -EIO;
    }
}
