// SPDX-License-Identifier: MIT
// Pieces of packets of both versions of IP: what becomes whole, and how much memory the rest takes,
// which is measured where lwIP gets it.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip.h"
#include "test/lwip_heap.h"
#include "test/unit.h"

#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/prot/ip6.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <string.h>

enum : uint32_t {
    PORT = 7,
    PIECE = 1232, // a multiple of 8
    LARGE = 65000,
    MANY = 3000,
    BOUND = IP_REASS_MAX_BYTES + (16 << 10),
};

static struct netif netif;
static struct udp_pcb *end;
static uint32_t whole, whole_size, sent;
static uint8_t bytes[LARGE];

static err_t output(struct netif *unused, struct pbuf *packet, const ip4_addr_t *to)
{
    sent++;
    return ERR_OK;
}

static err_t output6(struct netif *unused, struct pbuf *packet, const ip6_addr_t *to)
{
    const struct ip6_hdr *head = packet->payload;
    sent += !ip6_addr_ismulticast(to) && IP6H_NEXTH(head) == IP6_NEXTH_ICMP6;
    return ERR_OK;
}

static err_t netif_make(struct netif *made)
{
    made->mtu = made->mtu6 = 1500;
    made->output = output;
    made->output_ip6 = output6;
    NETIF_SET_CHECKSUM_CTRL(made, NETIF_CHECKSUM_DISABLE_ALL);
    return ERR_OK;
}

static void take(void *unused, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from,
                 uint16_t port)
{
    whole++;
    whole_size = packet->tot_len;
    pbuf_free(packet);
}

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t head4(uint8_t *head, uint32_t sender, uint16_t number, uint32_t piece)
{
    uint32_t size = piece >> 16;
    memset(head, 0, IP_HLEN);
    head[0] = 0x45;
    put16(head + 2, IP_HLEN + size);
    put16(head + 4, number);
    put16(head + 6, (piece & 0xfff8) / 8 | (piece & 1) << 13);
    head[8] = 64;
    head[9] = IP_PROTO_UDP;
    head[12] = 10;
    head[13] = 1;
    put16(head + 14, sender);
    head[16] = 10;
    head[19] = 1;
    return IP_HLEN;
}

static uint32_t head6(uint8_t *head, uint32_t sender, uint16_t number, uint32_t piece)
{
    memset(head, 0, IP6_HLEN + 8);
    head[0] = 0x60;
    put16(head + 4, 8 + (piece >> 16));
    head[6] = IP6_NEXTH_FRAGMENT;
    head[7] = 64;
    put16(head + 8, 0xfd01);
    put16(head + 22, sender);
    put16(head + 24, 0xfd00);
    head[39] = 1;
    head[40] = IP_PROTO_UDP;
    put16(head + 42, piece & 0xffff);
    put16(head + 46, number);
    return IP6_HLEN + 8;
}

// From `at` on, of a datagram of `of` bytes.
static void piece(bool is_six, uint32_t sender, uint16_t number, uint32_t at, uint32_t of)
{
    uint32_t size = of - at < PIECE ? of - at : PIECE;
    uint32_t place = size << 16 | at | (at + size < of);
    uint8_t head[IP6_HLEN + 8];
    uint32_t room = (is_six ? head6 : head4)(head, sender, number, place);
    put16(bytes + 2, PORT);
    put16(bytes + 4, of);
    struct pbuf *packet = pbuf_alloc(PBUF_LINK, (uint16_t)(room + size), PBUF_RAM);
    pbuf_take(packet, head, (uint16_t)room);
    pbuf_take_at(packet, bytes + at, (uint16_t)size, (uint16_t)room);
    if (netif.input(packet, &netif) != ERR_OK) pbuf_free(packet);
}

// All that is due by then.
static void pass(uint32_t seconds)
{
    for (uint32_t i = 0; i < seconds * 4; i++) {
        now += 250;
        sys_check_timeouts();
    }
}

static void begin(void)
{
    ip4_addr_t address = {PP_HTONL(0x0a000001)}, mask = {PP_HTONL(0xff000000)}, none = {};
    ip6_addr_t six;
    if (end == NULL) {
        lwip_init();
        netif_add(&netif, &address, &mask, &none, NULL, netif_make, ip_input);
        ip6addr_aton("fd00::1", &six);
        netif_ip6_addr_set(&netif, 1, &six);
        netif_ip6_addr_set_state(&netif, 1, IP6_ADDR_PREFERRED);
        netif_set_link_up(&netif);
        netif_set_up(&netif);
        end = udp_new_ip_type(IPADDR_TYPE_ANY);
        udp_bind(end, IP_ANY_TYPE, PORT);
        udp_recv(end, take, NULL);
    }
    pass(70); // nothing of before is left
    whole = sent = 0;
}

static void put_whole(bool is_six, uint32_t sender, uint16_t number, uint32_t size)
{
    for (uint32_t at = 0; at < size; at += PIECE) piece(is_six, sender, number, at, size);
}

static void check_large(bool is_six)
{
    begin();
    size_t before = held;
    put_whole(is_six, 1, 1, LARGE);
    EXPECT(whole == 1 && whole_size == LARGE - 8 && held == before);
    for (uint32_t at = (LARGE - 1) / PIECE * PIECE;; at -= PIECE) {
        piece(is_six, 1, 2, at, LARGE);
        if (at == 0) break;
    }
    EXPECT(whole == 2 && held == before);
    for (uint32_t at = 0; at < LARGE; at += PIECE) { // two at a time
        piece(is_six, 1, 3, at, LARGE);
        piece(is_six, 1, 4, at, LARGE);
    }
    EXPECT(whole == 4 && held == before);
}

TEST("the largest packets become whole from pieces in any order, two of one sender at a time")
{
    EXPECT_ALL(check_large(false));
    EXPECT_ALL(check_large(true));
}

static void check_one(bool is_six)
{
    begin();
    size_t before = held;
    piece(is_six, 2, 1, 0, 2 * PIECE);
    for (uint16_t i = 0; i < MANY; i++) piece(is_six, 1, i, i % 2 * PIECE, 2 * PIECE);
    EXPECT(held - before < IP_REASS_MAX_BYTES_SENDER + (16 << 10));
    piece(is_six, 2, 1, PIECE, 2 * PIECE);
    EXPECT(whole == 1);
    put_whole(is_six, 1, MANY, 2 * PIECE);
    EXPECT(whole == 2 && sent == 0);
}

TEST("who sends pieces of many packets has half of the memory, and does not disturb another")
{
    EXPECT_ALL(check_one(false));
    EXPECT_ALL(check_one(true));
}

static void check_many(bool is_six)
{
    begin();
    size_t before = held;
    for (uint16_t i = 0; i < MANY; i++) {
        piece(is_six, i, i, 0, 2 * PIECE);
        EXPECT(held - before < BOUND);
    }
    EXPECT(held - before > BOUND / 2 && sent == 0);
    put_whole(is_six, 1, MANY, 8 * PIECE);
    EXPECT(whole == 1);
    pass(70);
    EXPECT(held <= before && sent > 0);
}

TEST("pieces of many senders have their bound, and those that go for others are not told")
{
    EXPECT_ALL(check_many(false));
    EXPECT_ALL(check_many(true));
}

static void check_small(bool is_six)
{
    begin();
    size_t before = held;
    for (uint32_t at = 8; at < 8 * MANY; at += 16) piece(is_six, 1, 1, at, at + 8);
    EXPECT(held - before < IP_REASS_MAX_BYTES_SENDER);
    piece(is_six, 2, 1, 0, PIECE + 8);
    piece(is_six, 2, 1, PIECE, PIECE + 8);
    EXPECT(whole == 1);
}

TEST("nor do small pieces of one packet take more than their sender may have")
{
    EXPECT_ALL(check_small(false));
    EXPECT_ALL(check_small(true));
}

static void check_time(bool is_six)
{
    begin();
    size_t before = held;
    piece(is_six, 1, 1, 0, 2 * PIECE);
    piece(is_six, 1, 2, PIECE, 2 * PIECE);
    pass(10);
    EXPECT(sent == 0);
    pass(55);
    EXPECT(sent == 1 && held == before);
    piece(is_six, 1, 1, PIECE, 2 * PIECE);
    EXPECT(whole == 0);
}

TEST("a sender whose packet did not become whole in time is told, if its beginning came")
{
    EXPECT_ALL(check_time(false));
    EXPECT_ALL(check_time(true));
}
