// SPDX-License-Identifier: MIT
// The life of an address that DHCP gave (RFC 2131), with a server that answers as a test wants, in
// the test's own time.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/prot/dhcp.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/iana.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/udp.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <lwip_hooks.h>
#include <netif/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE = 1200, T1 = LEASE / 2, T2 = LEASE * 7 / 8, MINUTE = 60, OPTIONS = 4 + 44 };

static const uint8_t near[6] = {2, 0, 0, 0, 0, 1}, far[6] = {2, 0, 0, 0, 0, 2};
static const char host[] = "ferrite";
static struct netif netif;

// What the server does, and what it saw.
static struct server {
    bool is_silent, refuses, lies; // answers nothing; with NAK; to another transaction
    uint8_t address;               // 10.0.0.this is given
    uint8_t taken;                 // 10.0.0.this has somebody else
    unsigned declines;
    unsigned discovers, requests, broadcasts;
    bool knows_name;
    const char *domain;
} server;

struct frame {
    struct eth_hdr ethernet;
    struct ip_hdr ip;
    struct udp_hdr udp;
    struct dhcp_msg dhcp;
} __attribute__((packed));

static const uint8_t *option(const struct dhcp_msg *message, size_t size, uint8_t wanted)
{
    for (size_t at = 0; at + 1 < size && message->options[at] != 255;) {
        if (message->options[at] == wanted) return &message->options[at + 1];
        at += message->options[at] == 0 ? 1 : 2 + (size_t)message->options[at + 1];
    }
    return NULL;
}

static struct frame reply;
static bool has_reply;

static void put(uint8_t **at, uint8_t kind, uint32_t value)
{
    *(*at)++ = kind;
    *(*at)++ = 4;
    value = lwip_htonl(value);
    memcpy(*at, &value, 4);
    *at += 4;
}

static void answer(const struct frame *frame, uint8_t kind)
{
    uint8_t *at = reply.dhcp.options;
    reply = *frame;
    memset(reply.dhcp.options, 0, sizeof reply.dhcp.options);
    memcpy(&reply.ethernet.src, far, 6);
    memset(&reply.ethernet.dest, 0xff, 6);
    reply.ip.src.addr = lwip_htonl(0x0a000001);
    reply.ip.dest.addr = 0xffffffff;
    reply.ip._len = lwip_htons((uint16_t)(sizeof reply - sizeof reply.ethernet));
    reply.udp = (struct udp_hdr){
        .src = PP_HTONS(67),
        .dest = PP_HTONS(68),
        .len = lwip_htons((uint16_t)(sizeof reply.udp + sizeof reply.dhcp)),
    };
    reply.dhcp.op = 2;
    if (server.lies) reply.dhcp.xid ^= 1;
    reply.dhcp.yiaddr.addr = lwip_htonl(0x0a000000u + server.address);
    *at++ = 53;
    *at++ = 1;
    *at++ = kind;
    put(&at, 54, 0x0a000001); // the server
    put(&at, 51, LEASE);
    put(&at, 58, T1);
    put(&at, 59, T2);
    put(&at, 1, 0xffffff00);
    put(&at, 3, 0x0a000001);
    put(&at, 6, 0x0a000035);
    put(&at, 42, 0x0a00007b);
    if (server.domain) {
        *at++ = 15;
        *at++ = (uint8_t)strlen(server.domain);
        memcpy(at, server.domain, strlen(server.domain));
        at += strlen(server.domain);
    }
    *at = 255;
    has_reply = true;
}

static struct {
    struct eth_hdr ethernet;
    struct etharp_hdr arp;
} __attribute__((packed)) place; // the answer to who asks where the server is
static bool has_place;

static void place_tell(struct pbuf *bytes)
{
    pbuf_copy_partial(bytes, &place, sizeof place, 0);
    memcpy(&place.ethernet.dest, near, 6);
    memcpy(&place.ethernet.src, far, 6);
    place.arp.opcode = PP_HTONS(ARP_REPLY);
    place.arp.dhwaddr = place.arp.shwaddr;
    memcpy(&place.arp.shwaddr, far, 6);
    struct ip4_addr_wordaligned asked = place.arp.dipaddr;
    place.arp.dipaddr = place.arp.sipaddr;
    place.arp.sipaddr = asked;
    ip4_addr_t server_address;
    memcpy(&server_address, &asked, 4);
    bool is_taken = server.taken && server_address.addr == lwip_htonl(0x0a000000u + server.taken);
    has_place = server_address.addr == PP_HTONL(0x0a000001) || is_taken;
}

static err_t output(struct netif *unused, struct pbuf *bytes)
{
    struct frame frame = {};
    size_t size = pbuf_copy_partial(bytes, &frame, sizeof frame, 0);
    if (frame.ethernet.type == PP_HTONS(ETHTYPE_ARP)) place_tell(bytes);
    if (frame.ethernet.type != PP_HTONS(ETHTYPE_IP) || frame.udp.dest != PP_HTONS(67))
        return ERR_OK;
    size -= sizeof frame - sizeof frame.dhcp.options;
    const uint8_t *kind = option(&frame.dhcp, size, 53), *name = option(&frame.dhcp, size, 12);
    if (!kind) return ERR_OK;
    server.discovers += kind[1] == DHCP_DISCOVER;
    server.declines += kind[1] == DHCP_DECLINE;
    if (kind[1] == DHCP_DECLINE) server.address++;
    server.requests += kind[1] == DHCP_REQUEST;
    server.broadcasts += kind[1] == DHCP_REQUEST && frame.ip.dest.addr == 0xffffffff;
    server.knows_name = name && name[0] == sizeof host - 1 && !memcmp(name + 1, host, name[0]);
    if (server.is_silent || kind[1] == DHCP_DECLINE) return ERR_OK;
    answer(&frame, kind[1] == DHCP_DISCOVER ? DHCP_OFFER : server.refuses ? DHCP_NAK : DHCP_ACK);
    return ERR_OK;
}

static err_t netif_make(struct netif *made)
{
    made->mtu = 1500;
    made->hwaddr_len = 6;
    memcpy(made->hwaddr, near, 6);
    made->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    made->output = etharp_output;
    made->linkoutput = output;
    NETIF_SET_CHECKSUM_CTRL(made, NETIF_CHECKSUM_DISABLE_ALL);
    return ERR_OK;
}

static void input(const void *frame, uint16_t size)
{
    struct pbuf *bytes = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    (void)pbuf_take(bytes, frame, size);
    if (netif.input(bytes, &netif) != ERR_OK) pbuf_free(bytes);
}

static void pass(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds * 10; i++) {
        now += 100;
        sys_check_timeouts();
        if (has_place) input(&place, sizeof place);
        if (has_reply) input(&reply, sizeof reply);
        has_place = has_reply = false;
    }
}

// The machine asks anew; the server gives 10.0.0.`address`.
static void start(uint8_t address)
{
    server = (struct server){.address = address};
    if (!netif.linkoutput) {
        lwip_init();
        netif_add_noaddr(&netif, NULL, netif_make, ethernet_input);
        netif_set_hostname(&netif, host);
        netif_set_link_up(&netif);
        netif_set_up(&netif);
    }
    dhcp_release_and_stop(&netif);
    (void)dhcp_start(&netif);
    pass(10);
    server.requests = server.discovers = server.broadcasts = 0;
}

static bool has(uint8_t address)
{
    return netif_ip4_addr(&netif)->addr == (address ? lwip_htonl(0x0a000000u + address) : 0);
}

TEST("an address comes with its mask, gateway and name server, and the server is told a name")
{
    start(9);
    EXPECT(has(9) && server.knows_name);
    EXPECT(netif_ip4_netmask(&netif)->addr == PP_HTONL(0xffffff00));
    EXPECT(netif_ip4_gw(&netif)->addr == PP_HTONL(0x0a000001));
    EXPECT(ip_2_ip4(dns_getserver(0))->addr == PP_HTONL(0x0a000035));
}

// What of it is believed.
static const char *domain_of(const char *told)
{
    server.domain = told;
    pass(T1 + MINUTE);
    return lwip_told_domain();
}

TEST("the domain and the time servers are told, and what is no domain is not taken")
{
    const ip4_addr_t *servers;
    start(9);
    EXPECT(lwip_told_time_servers(&servers) == 1 && servers[0].addr == PP_HTONL(0x0a00007b));
    EXPECT(strcmp(domain_of("lan.example"), "lan.example") == 0);
    EXPECT(strcmp(domain_of("a\nnameserver 6"), "lan.example") == 0);
    EXPECT(strcmp(domain_of("b"), "b") == 0);
}

TEST("it is asked for again after half of its time, of the server alone")
{
    start(9);
    pass(T1 - 2 * MINUTE);
    EXPECT(server.requests == 0);
    pass(3 * MINUTE);
    EXPECT(has(9) && server.requests == 1 && server.broadcasts == 0 && server.discovers == 0);
    pass(T1);
    EXPECT(has(9) && server.requests == 2);
}

TEST("when the server is silent everybody is asked, and when nobody answers the address is gone")
{
    start(9);
    server.is_silent = true;
    pass(T2 - MINUTE);
    EXPECT(has(9) && server.requests > 0 && server.broadcasts == 0);
    pass(2 * MINUTE);
    EXPECT(has(9) && server.broadcasts > 0);
    pass(LEASE - T2 + MINUTE);
    EXPECT(has(0) && server.discovers > 0);
    server.is_silent = false;
    server.address = 10;
    pass(2 * MINUTE);
    EXPECT(has(10));
}

TEST("an address that is refused is given up at once, and another one is got")
{
    start(9);
    server.refuses = true;
    pass(T1 + MINUTE);
    EXPECT(!has(9) && server.discovers > 0);
    server.refuses = false;
    server.address = 10;
    pass(2 * MINUTE);
    EXPECT(has(10));
}

TEST("an address that somebody has is declined, and another one is got")
{
    start(9);
    server.taken = 20;
    server.address = 20;
    dhcp_release_and_stop(&netif);
    (void)dhcp_start(&netif);
    pass(8);
    EXPECT(has(0) && server.declines == 1);
    pass(MINUTE);
    EXPECT(has(21) && server.declines == 1);
}

TEST("an answer to somebody else's question is not taken")
{
    server.lies = true;
    dhcp_release_and_stop(&netif);
    (void)dhcp_start(&netif);
    pass(MINUTE);
    EXPECT(has(0) && server.discovers > 1);
    server.lies = false;
    pass(2 * MINUTE);
    EXPECT(has(server.address));
    dhcp_release_and_stop(&netif);
    dhcp_cleanup(&netif);
}
