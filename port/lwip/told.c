// SPDX-License-Identifier: MIT
// What DHCP tells beside addresses: domains and time servers, of both versions of IP. The latest
// word holds.
#include <stdbool.h> // the C of lwIP has none of its own

#include <lwip/dhcp.h>
#include <lwip/pbuf.h>
#include <lwip_hooks.h>
#include <string.h>

enum { OPTION_DOMAIN = 15 }; // RFC 2132, section 3.17

static char domain[256]; // or several, with blanks between
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

// One name as text, and a blank: its size as it was; 0: it is none, or too long.
static size_t name_take(const u8_t *names, size_t size, char *text, size_t room)
{
    size_t at = 0, used = 0;
    while (at < size && names[at] != 0) {
        size_t label = names[at++];
        if (label > 63 || label > size - at || label + 1 >= room - used) return 0;
        if (!is_of_names((const char *)names + at, label)) return 0;
        memcpy(text + used, names + at, label);
        used += label;
        text[used++] = '.';
        at += label;
    }
    if (at >= size || used == 0) return 0;
    text[used - 1] = ' ';
    text[used] = '\0';
    return at + 1;
}

void lwip_told_domains(const u8_t *names, size_t size)
{
    char text[sizeof domain];
    size_t used = 0, taken = 0;
    while (taken < size) {
        size_t name = name_take(names + taken, size - taken, text + used, sizeof text - used);
        if (name == 0) break;
        taken += name;
        used += strlen(text + used);
    }
    if (used == 0) return;
    text[used - 1] = '\0';
    memcpy(domain, text, used);
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
