// SPDX-License-Identifier: MIT
// Packets that nobody wants, of both versions of IP, and how many messages of errors are sent for
// them, to whom, and when.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip/prot/ip6.h>
#include <lwip/prot/udp.h>
#include <lwip_hooks.h>
#include <string.h>

enum : uint32_t { SECOND = 1000, FLOOD = 1000, AT_ONCE = 50, RATE = 100 };
enum : uint8_t { OTHER_PROTOCOL = 200 };

static unsigned told; // how often
static const ip_addr_t there = IPADDR4_INIT_BYTES(192, 0, 2, 1);

static err_t output(struct netif *unused, struct pbuf *packet, const ip4_addr_t *to)
{
    const struct ip_hdr *head = packet->payload;
    told += IPH_PROTO(head) == IP_PROTO_ICMP;
    return ERR_OK;
}

static err_t output6(struct netif *unused, struct pbuf *packet, const ip6_addr_t *to)
{
    const struct ip6_hdr *head = packet->payload;
    told += IP6H_NEXTH(head) == IP6_NEXTH_ICMP6 && !ip6_addr_ismulticast(to);
    return ERR_OK;
}

// And the bucket is full.
static void begin(void)
{
    if (machine_start(1, output)) {
        ip6_addr_t own;
        netif.output_ip6 = output6;
        netif.mtu6 = 1500;
        ip6addr_aton("fd00::1", &own);
        netif_ip6_addr_set(&netif, 1, &own);
        netif_ip6_addr_set_state(&netif, 1, IP6_ADDR_PREFERRED);
    }
    now += 10 * SECOND;
    told = 0;
}

// To a port that nobody has.
static void ask_port(const ip_addr_t *from)
{
    struct udp_hdr head = {.src = PP_HTONS(9), .dest = PP_HTONS(9), .len = PP_HTONS(sizeof head)};
    packet_input(from, IP_PROTO_UDP, &head, sizeof head);
}

static void ask_protocol(void)
{
    packet_input(&there, OTHER_PROTOCOL, "", 1);
}

static void ask_six(void)
{
    struct {
        struct ip6_hdr ip;
        uint8_t bytes[8];
    } packet = {.ip = {._hoplim = 64, ._nexth = OTHER_PROTOCOL, ._plen = PP_HTONS(8)}};
    ip6_addr_t from;
    ip6addr_aton("fd01::2", &from);
    IP6H_VTCFL_SET(&packet.ip, 6, 0, 0);
    ip6_addr_copy_to_packed(packet.ip.src, from);
    ip6_addr_copy_to_packed(packet.ip.dest, *netif_ip6_addr(&netif, 1));
    struct pbuf *made = pbuf_alloc(PBUF_RAW, sizeof packet, PBUF_RAM);
    pbuf_take(made, &packet, sizeof packet);
    if (netif.input(made, &netif) != ERR_OK) pbuf_free(made);
}

static bool is_between(unsigned least, unsigned most)
{
    return told >= least && told <= most;
}

TEST("a few who send what nobody wants are all told, of both versions")
{
    begin();
    ask_port(&there);
    ask_protocol();
    ask_six();
    EXPECT(told == 3);
}

TEST("of a flood a few are told, and then no faster than the bucket fills")
{
    begin();
    u32_t kept = lwip_errors_kept;
    for (unsigned i = 0; i < FLOOD; i++) ask_port(&there);
    EXPECT(is_between(AT_ONCE * 2 / 3 - 1, AT_ONCE * 2));
    EXPECT(told + (lwip_errors_kept - kept) == FLOOD);
    told = 0;
    for (unsigned i = 0; i < 10 * SECOND; i++) {
        now++;
        ask_port(&there);
    }
    EXPECT(is_between(9 * RATE, 11 * RATE));
}

TEST("errors of all kinds and of both versions have one bucket")
{
    begin();
    for (unsigned i = 0; i < FLOOD; i++) ask_six();
    EXPECT(is_between(AT_ONCE * 2 / 3 - 1, AT_ONCE * 2));
    unsigned before = told;
    for (unsigned i = 0; i < FLOOD; i++) {
        ask_protocol();
        ask_port(&there);
    }
    EXPECT(told == before);
}

TEST("how many are left for one does not tell how many another was sent")
{
    unsigned least = FLOOD, most = 0;
    for (unsigned i = 0; i < 100; i++) {
        begin();
        for (unsigned j = 0; j < FLOOD; j++) ask_port(&there);
        if (told < least) least = told;
        if (told > most) most = told;
    }
    EXPECT(least < most && least >= AT_ONCE / 2);
}

TEST("what this host tells itself is not counted")
{
    begin();
    for (unsigned i = 0; i < FLOOD; i++) ask_port(&there);
    ip_addr_t own = netif.ip_addr;
    EXPECT(!lwip_error_spend(&there));
    for (unsigned i = 0; i < FLOOD; i++) EXPECT(lwip_error_spend(&own));
}
