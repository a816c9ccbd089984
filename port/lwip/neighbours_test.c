// SPDX-License-Identifier: MIT
// Thousands of neighbours, by ARP and of IPv6, and floods of those that nobody has asked for. This
// test is all of them.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/icmp6.h>
#include <lwip/init.h>
#include <lwip/nd6.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/prot/etharp.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/nd6.h>
#include <lwip_table.h>
#include <netif/ethernet.h>
#include <string.h>

enum : uint32_t { MANY = 5000, FEW = 500, FLOOD = 20000, ELSEWHERE = 1 << 20, ROUTER = 1 << 30 };

static struct netif netif;
static struct eth_hdr last;                // that was sent
static uint32_t packets, questions;        // that were sent
static const struct eth_addr here = {{2}}; // others have their number after a 4

static err_t link_output(struct netif *unused, struct pbuf *frame)
{
    struct ip6_hdr ip;
    pbuf_copy_partial(frame, &last, sizeof last, 0);
    pbuf_copy_partial(frame, &ip, sizeof ip, SIZEOF_ETH_HDR);
    bool is_six = last.type == PP_HTONS(ETHTYPE_IPV6) && IP6H_NEXTH(&ip) == IP6_NEXTH_ICMP6;
    if (last.type == PP_HTONS(ETHTYPE_ARP) || is_six)
        questions++;
    else
        packets++;
    return ERR_OK;
}

static err_t netif_make(struct netif *made)
{
    made->mtu = made->mtu6 = 1500;
    made->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(made->hwaddr, &here, sizeof here);
    made->flags = NETIF_FLAG_ETHERNET | NETIF_FLAG_ETHARP | NETIF_FLAG_BROADCAST | NETIF_FLAG_MLD6;
    made->linkoutput = link_output;
    made->output = etharp_output;
    made->output_ip6 = ethip6_output;
    NETIF_SET_CHECKSUM_CTRL(made, NETIF_CHECKSUM_DISABLE_ALL);
    return ERR_OK;
}

static ip4_addr_t four(uint32_t number) // 10.x.x.x
{
    return (ip4_addr_t){lwip_htonl(0x0a000002 + number)};
}

static ip6_addr_t six(uint32_t number) // fe80::x
{
    ip6_addr_t made = {{PP_HTONL(0xfe800000), 0, 0, lwip_htonl(2 + number)}};
    ip6_addr_assign_zone(&made, IP6_UNICAST, &netif);
    return made;
}

static struct eth_addr hardware(uint32_t number)
{
    struct eth_addr made = {{4}};
    memcpy(made.addr + 1, &number, sizeof number);
    return made;
}

static void forget_all(struct lwip_table *table)
{
    free(table->entries);
    free(table->places);
    free(table->buckets);
    *table = (struct lwip_table){.entry_size = table->entry_size,
                                 .forget = table->forget,
                                 .move = table->move,
                                 .renumber = table->renumber};
}

// 10.0.0.1 and fe80::1, with nobody known.
static void begin(size_t room)
{
    ip4_addr_t own, mask, none = {};
    ip6_addr_t own6;
    IP4_ADDR(&own, 10, 0, 0, 1);
    IP4_ADDR(&mask, 255, 0, 0, 0);
    ip6addr_aton("fe80::1", &own6);
    if (netif.linkoutput != NULL)
        netif_remove(&netif);
    else
        lwip_init();
    forget_all(&lwip_arp);
    forget_all(&lwip_neighbours);
    forget_all(&lwip_destinations);
    lwip_table_room = room;
    netif_add(&netif, &own, &mask, &none, NULL, netif_make, ethernet_input);
    netif_set_default(&netif);
    netif_add_ip6_address(&netif, &own6, NULL);
    netif_ip6_addr_set_state(&netif, 0, IP6_ADDR_PREFERRED);
    netif_set_up(&netif);
    netif_set_link_up(&netif);
    packets = questions = 0;
}

static void frame_input(const void *bytes, size_t size)
{
    struct pbuf *frame = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);
    pbuf_take(frame, bytes, (u16_t)size);
    if (netif.input(frame, &netif) != ERR_OK) pbuf_free(frame);
}

static void arp_input(uint32_t number, uint16_t operation)
{
    struct {
        struct eth_hdr ether;
        struct etharp_hdr arp;
    } __attribute__((packed)) frame = {
        .ether = {.dest = here, .src = hardware(number), .type = PP_HTONS(ETHTYPE_ARP)},
        .arp = {.hwtype = PP_HTONS(1),
                .proto = PP_HTONS(ETHTYPE_IP),
                .hwlen = ETH_HWADDR_LEN,
                .protolen = 4,
                .opcode = lwip_htons(operation),
                .shwaddr = hardware(number),
                .dhwaddr = here}};
    ip4_addr_t from = four(number);
    memcpy(&frame.arp.sipaddr, &from, sizeof from);
    memcpy(&frame.arp.dipaddr, netif_ip4_addr(&netif), sizeof from);
    frame_input(&frame, sizeof frame);
}

// A message of neighbours: `type` about `target`, with the sender's address in an option.
static void neighbour_input(uint32_t number, uint8_t type, const ip6_addr_t *target)
{
    struct {
        struct eth_hdr ether;
        struct ip6_hdr ip;
        struct na_header message; // of the size of ns_header
        uint8_t option, length;
        struct eth_addr hardware;
    } __attribute__((packed)) frame = {
        .ether = {.dest = here, .src = hardware(number), .type = PP_HTONS(ETHTYPE_IPV6)},
        .message = {.type = type, .flags = type == ICMP6_TYPE_NA ? ND6_FLAG_SOLICITED : 0},
        .option =
            type == ICMP6_TYPE_NA ? ND6_OPTION_TYPE_TARGET_LLADDR : ND6_OPTION_TYPE_SOURCE_LLADDR,
        .length = 1,
        .hardware = hardware(number)};
    ip6_addr_t from = six(number);
    IP6H_VTCFL_SET(&frame.ip, 6, 0, 0);
    IP6H_PLEN_SET(&frame.ip, sizeof frame - SIZEOF_ETH_HDR - IP6_HLEN);
    IP6H_NEXTH_SET(&frame.ip, IP6_NEXTH_ICMP6);
    IP6H_HOPLIM_SET(&frame.ip, 255);
    ip6_addr_copy_to_packed(frame.ip.src, from);
    ip6_addr_copy_to_packed(frame.ip.dest, *netif_ip6_addr(&netif, 0));
    ip6_addr_copy_to_packed(frame.message.target_address, *target);
    frame_input(&frame, sizeof frame);
}

static void answer(uint32_t number)
{
    ip6_addr_t own = six(number);
    neighbour_input(number, ICMP6_TYPE_NA, &own);
}

static void ask(uint32_t number)
{
    neighbour_input(number, ICMP6_TYPE_NS, netif_ip6_addr(&netif, 0));
}

static void send4(uint32_t number)
{
    ip4_addr_t to = four(number);
    struct pbuf *packet = pbuf_alloc(PBUF_IP, 100, PBUF_RAM);
    memset(packet->payload, 0, 100);
    (void)etharp_output(&netif, packet, &to);
    pbuf_free(packet);
}

static void send6(uint32_t number)
{
    ip6_addr_t to = six(number);
    struct pbuf *packet = pbuf_alloc(PBUF_IP, 100, PBUF_RAM);
    memset(packet->payload, 0, 100);
    ip6_addr_copy_to_packed(((struct ip6_hdr *)packet->payload)->dest, to);
    (void)ethip6_output(&netif, packet, &to);
    pbuf_free(packet);
}

static bool is_sent_to(uint32_t number)
{
    struct eth_addr to = hardware(number);
    return memcmp(&last.dest, &to, sizeof to) == 0;
}

static void second(void)
{
    etharp_tmr();
    nd6_tmr();
}

// Some neighbours that packets went to, in two seconds.
static void talk(void (*send)(uint32_t), void (*reply)(uint32_t))
{
    for (uint32_t i = 0; i < FEW; i++) {
        send(i);
        reply(i);
    }
    second();
    for (uint32_t i = 0; i < FEW; i++) send(i);
}

// How many of them have to be asked again.
static uint32_t lost(void (*send)(uint32_t))
{
    questions = 0;
    for (uint32_t i = 0; i < FEW; i++) send(i);
    return questions;
}

static void reply4(uint32_t number)
{
    arp_input(number, ARP_REPLY);
}

// Each is sent to twice, and replies when it is asked for.
static void send_to_all(void (*send)(uint32_t), void (*reply)(uint32_t))
{
    begin(4 << 20);
    for (uint32_t i = 0; i < MANY; i++) {
        send(i);
        reply(i);
        EXPECT(packets == i + 1 && is_sent_to(i));
    }
    for (uint32_t i = 0; i < MANY; i++) {
        send(i);
        EXPECT(is_sent_to(i));
    }
    EXPECT(packets == 2 * MANY && questions == MANY);
    netif_remove(&netif);
}

TEST("thousands of neighbours by ARP each get their packets, and are asked once")
{
    send_to_all(send4, reply4);
    EXPECT(lwip_arp.count[LWIP_TABLE_FREE] == lwip_arp.size);
}

TEST("thousands of neighbours of IPv6 each get their packets, and are asked once")
{
    send_to_all(send6, answer);
    EXPECT(lwip_neighbours.count[LWIP_TABLE_FREE] == lwip_neighbours.size);
    EXPECT(lwip_destinations.count[LWIP_TABLE_FREE] == lwip_destinations.size);
}

TEST("questions of ARP by thousands push out none who is spoken to, and have a bound")
{
    begin(1 << 20);
    talk(send4, reply4);
    for (uint32_t i = 0; i < FLOOD; i++) arp_input(ELSEWHERE + i, ARP_REQUEST);
    EXPECT(lost(send4) == 0);
    EXPECT(lwip_arp.size == 2048);
}

TEST("neighbours of IPv6 who ask by thousands push out none who is spoken to, and have a bound")
{
    begin(1 << 20);
    talk(send6, answer);
    for (uint32_t i = 0; i < FLOOD; i++) ask(ELSEWHERE + i);
    EXPECT(lost(send6) == 0);
    EXPECT(lwip_neighbours.size == 2048 && lwip_destinations.size == 2048);
    for (uint32_t i = 0; i < FLOOD; i++) answer(2 * ELSEWHERE + i); // nobody asked them
    EXPECT(lost(send6) == 0);
}

TEST("packets to thousands who are not there push out none who is, and few of them wait")
{
    begin(1 << 20);
    talk(send4, reply4);
    talk(send6, answer);
    for (uint32_t i = 0; i < FLOOD; i++) {
        send4(ELSEWHERE + i);
        send6(ELSEWHERE + i);
    }
    EXPECT(lwip_arp.count[LWIP_TABLE_WAITING] == 128);
    EXPECT(lwip_neighbours.count[LWIP_TABLE_WAITING] == 128);
    EXPECT(lwip_destinations.size == 1024); // those of others who wait, and FEW
    EXPECT(lost(send4) == 0 && lost(send6) == 0);
}

TEST("three packets wait for a neighbour, the youngest")
{
    begin(1 << 20);
    for (uint32_t i = 0; i < 10; i++) send6(1);
    answer(1);
    EXPECT(packets == 3);
}

static void router_input(void)
{
    struct {
        struct eth_hdr ether;
        struct ip6_hdr ip;
        struct ra_header message;
    } __attribute__((packed)) frame = {
        .ether = {.dest = here, .src = hardware(ROUTER), .type = PP_HTONS(ETHTYPE_IPV6)},
        .message = {.type = ICMP6_TYPE_RA, .router_lifetime = PP_HTONS(1800)}};
    ip6_addr_t router = six(ROUTER);
    IP6H_VTCFL_SET(&frame.ip, 6, 0, 0);
    IP6H_PLEN_SET(&frame.ip, sizeof frame.message);
    IP6H_NEXTH_SET(&frame.ip, IP6_NEXTH_ICMP6);
    IP6H_HOPLIM_SET(&frame.ip, 255);
    ip6_addr_copy_to_packed(frame.ip.src, router);
    ip6_addr_copy_to_packed(frame.ip.dest, *netif_ip6_addr(&netif, 0));
    frame_input(&frame, sizeof frame);
    answer(ROUTER);
}

static bool is_router_known(void)
{
    ip6_addr_t router = six(ROUTER);
    const struct nd6_neighbor_cache_entry *entry = default_router_list[0].neighbor_entry;
    return entry >= neighbor_cache && entry < neighbor_cache + lwip_neighbours.size &&
           ip6_addr_eq(&entry->next_hop_address, &router) && entry->isrouter == 1;
}

TEST("a router of IPv6 is the same when there are many more neighbours, and is never forgotten")
{
    begin(1 << 20);
    router_input();
    for (uint32_t i = 0; i < FLOOD; i++) ask(ELSEWHERE + i);
    EXPECT(is_router_known());
}

TEST("some time after a flood the tables are small again, and the router is the same")
{
    begin(1 << 20);
    for (uint32_t i = 0; i < FEW; i++) ask(i);
    router_input(); // has a number between others'
    for (uint32_t i = 0; i < FLOOD; i++) {
        ask(ELSEWHERE + i);
        arp_input(ELSEWHERE + i, ARP_REQUEST);
    }
    EXPECT(lwip_neighbours.size == 2048 && lwip_destinations.size == 2048 && lwip_arp.size == 2048);
    for (uint32_t i = 0; i < 700; i++) {
        second();
        EXPECT(is_router_known());
    }
    EXPECT(lwip_neighbours.size == 64 && lwip_destinations.size == 64 && lwip_arp.size == 64);
    talk(send6, answer);
    EXPECT(lost(send6) == 0 && is_router_known());
}

TEST("neighbours and destinations of IPv6 that nobody spoke to for ten minutes are forgotten")
{
    begin(1 << 20);
    send6(1);
    answer(1);
    for (uint32_t i = 0; i < 1000; i++) second();
    EXPECT(lwip_neighbours.count[LWIP_TABLE_FREE] == lwip_neighbours.size);
    EXPECT(lwip_destinations.count[LWIP_TABLE_FREE] == lwip_destinations.size);
}
