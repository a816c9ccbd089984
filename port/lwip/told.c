// SPDX-License-Identifier: MIT
// What DHCP tells beside addresses: the domain and the time servers. The latest word holds.
#include <stdbool.h> // the C of lwIP has none of its own

#include <lwip/dhcp.h>
#include <lwip/pbuf.h>
#include <lwip_hooks.h>
#include <string.h>

enum { OPTION_DOMAIN = 15 }; // RFC 2132, section 3.17

static char domain[256];
static ip4_addr_t time_servers[LWIP_DHCP_MAX_NTP_SERVERS];
static uint8_t time_server_count;

static bool is_of_names(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool is_letter = (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (!is_letter && !is_digit && strchr("-._", text[i]) == NULL) return false;
        if (text[i] == '\0') return false;
    }
    return size > 0;
}

void lwip_dhcp_option(u8_t option, u8_t length, struct pbuf *packet, u16_t offset)
{
    char text[sizeof domain];
    if (option != OPTION_DOMAIN) return;
    if (pbuf_copy_partial(packet, text, length, offset) != length) return;
    size_t size = length;
    while (size > 0 && text[size - 1] == '\0') size--; // some end it so
    if (!is_of_names(text, size)) return;
    memcpy(domain, text, size);
    domain[size] = '\0';
}

void dhcp_set_ntp_servers(u8_t count, const ip4_addr_t *servers)
{
    if (count > LWIP_DHCP_MAX_NTP_SERVERS) count = LWIP_DHCP_MAX_NTP_SERVERS;
    memcpy(time_servers, servers, count * sizeof *servers);
    time_server_count = count;
}

const char *lwip_told_domain(void)
{
    return domain;
}

u8_t lwip_told_time_servers(const ip4_addr_t **servers)
{
    *servers = time_servers;
    return time_server_count;
}
