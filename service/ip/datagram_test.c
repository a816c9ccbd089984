// SPDX-License-Identifier: MIT
// Datagrams, frames and addresses, on lwIP without a network: what is written becomes a packet with
// a destination, what has arrived is read as it came.
#include "test/refused.h"
#include "test/unit.h"

#include "datagram.h"
#include <errno.h>
#include <lwip/ip.h>
#include <net/net.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct outgoing last;
static uint8_t bytes[64];

static int8_t send(struct conversation *conversation, const struct outgoing *outgoing)
{
    last = *outgoing;
    pbuf_copy_partial(outgoing->packet, bytes, sizeof bytes, 0);
    return conversation->error != 0 ? ERR_RTE : ERR_OK;
}

static struct conversation fresh(void)
{
    return (struct conversation){.state = STATE_IDLE};
}

static bool is_address(const ip_addr_t *address, const char *text)
{
    ip_addr_t wanted;
    return ipaddr_aton(text, &wanted) && ip_addr_eq(address, &wanted);
}

TEST("addresses are read with their port, and nothing else is")
{
    ip_addr_t address;
    uint16_t port;
    EXPECT(address_parse("10.0.2.2!80", &address, &port) == 0 && port == 80);
    EXPECT(is_address(&address, "10.0.2.2"));
    EXPECT(address_parse("fec0::1!65535", &address, &port) == 0 && port == 65535);
    EXPECT(address_parse("*!0", &address, &port) == 0 && IP_IS_ANY_TYPE_VAL(address));
    static const char *const wrong[] = {"",
                                        "!",
                                        "10.0.2.2",
                                        "10.0.2.2!",
                                        "10.0.2.2!65536",
                                        "10.0.2!x",
                                        "10.0.2.2!80 ",
                                        "nobody!80",
                                        "10.0.2.2!+80",
                                        "10.0.2.2! 80",
                                        "10.0.2.2!-18446744073709551536"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        EXPECT(address_parse(wrong[i], &address, &port) == -EINVAL);
    }
}

TEST("an address with more behind it, or with a group of more digits, is none")
{
    static const char *const wrong[] = {
        "::1zzz!80",     "::1 !80",    "::1/64!80",     "fec0::g!80", "::10001!1",
        "::1.2.3.4x!80", "10.0.2.2 !", "10.0.2.2 x!80", "::1z%1!80",  "1:2:3:4:5:6:7:8z!80"};
    ip_addr_t address;
    uint16_t port;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        EXPECT(address_parse(wrong[i], &address, &port) == -EINVAL);
    }
    EXPECT(address_parse("2001:DB8:0:1:2:3:4:abcd!1", &address, &port) == 0);
    EXPECT(address_parse("::ffff:10.0.2.2!1", &address, &port) == 0);
}

static err_t card_make(struct netif *card)
{
    card->hwaddr_len = 6;
    return ERR_OK;
}

static uint8_t zone_of(const char *text)
{
    ip_addr_t address;
    uint16_t port;
    return address_parse(text, &address, &port) == 0 ? ip6_addr_zone(ip_2_ip6(&address)) : 0;
}

TEST("an address of a link says which, unless there is one card only")
{
    static struct netif first, second;
    ip_addr_t address;
    uint16_t port;
    char text[32];
    EXPECT(address_parse("fe80::1!80", &address, &port) == -EINVAL);
    netif_add_noaddr(&first, nullptr, card_make, ip_input);
    EXPECT(zone_of("fe80::1!80") == netif_get_index(&first));
    netif_add_noaddr(&second, nullptr, card_make, ip_input);
    EXPECT(address_parse("fe80::1!80", &address, &port) == -EINVAL);
    snprintf(text, sizeof text, "fe80::1%%%u!80", netif_get_index(&second));
    EXPECT(zone_of(text) == netif_get_index(&second));
    EXPECT(address_parse("fe80::1%nothing!80", &address, &port) == -ENODEV);
    EXPECT(address_parse("fe80::1%200!80", &address, &port) == -ENODEV);
    EXPECT(address_parse("fe80::1%256!80", &address, &port) == -ENODEV);
    EXPECT(address_parse("fe80::1%!80", &address, &port) == -ENODEV);
    EXPECT(address_parse("2001:db8::1%1!80", &address, &port) == -EINVAL);
    EXPECT(address_parse("10.0.2.2%1!80", &address, &port) == -EINVAL);
    netif_remove(&second);
    netif_remove(&first);
}

TEST("addresses are written in small letters")
{
    static const char *const names[] = {"10.0.2.2", "fe80::5054:ff:fe12:3456", "::"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[IPADDR_STRLEN_MAX];
        ip_addr_t address;
        EXPECT(ipaddr_aton(names[i], &address));
        EXPECT(strcmp(address_name(&address, name), names[i]) == 0);
    }
}

TEST("a datagram goes where connect said, or nowhere")
{
    struct conversation conversation = fresh();
    EXPECT(datagram_write(&conversation, "hello", 5, send) == -EDESTADDRREQ);
    conversation.state = STATE_CONNECTING; // until there is a way
    EXPECT((datagram_ready(&conversation) & POLLOUT) == 0);
    EXPECT(address_parse("10.0.2.2!7", &conversation.remote, &conversation.remote_port) == 0);
    conversation.state = STATE_CONNECTED;
    EXPECT((datagram_ready(&conversation) & POLLOUT) != 0);
    EXPECT(datagram_write(&conversation, "hello", 5, send) == 5 && conversation.sent == 5);
    EXPECT(memcmp(bytes, "hello", 5) == 0 && last.port == 7);
    EXPECT(is_address(&last.remote, "10.0.2.2"));
    conversation.error = EIO;
    EXPECT(datagram_write(&conversation, "hello", 5, send) == -ENETUNREACH);
    EXPECT(conversation.sent == 5);
    static const uint8_t large[65508];
    EXPECT(datagram_write(&conversation, large, sizeof large, send) == -EMSGSIZE);
}

TEST("a header says where a datagram goes, of either version")
{
    struct conversation conversation = fresh();
    struct {
        struct net_datagram header;
        char text[4];
    } message = {{.remote = {192, 168, 1, 9}, .remote_port = 53, .version = 4}, "abc"};
    conversation.has_headers = true;
    EXPECT(datagram_write(&conversation, &message, sizeof message, send) == sizeof message);
    EXPECT(is_address(&last.remote, "192.168.1.9") && last.port == 53);
    EXPECT(memcmp(bytes, "abc", 4) == 0);
    message.header = (struct net_datagram){.remote = {[15] = 1}, .remote_port = 9, .version = 6};
    EXPECT(datagram_write(&conversation, &message, sizeof message, send) == sizeof message);
    EXPECT(is_address(&last.remote, "::1") && last.port == 9);
    EXPECT(datagram_write(&conversation, &message, sizeof message.header - 1, send) == -EINVAL);
    conversation.is_six_only = true;
    EXPECT(datagram_write(&conversation, &message, sizeof message, send) == sizeof message);
    message.header.version = 4;
    EXPECT(datagram_write(&conversation, &message, sizeof message, send) == -ENETUNREACH);
}

static void arrive(struct conversation *conversation, const char *text, uint16_t port)
{
    ip_addr_t remote;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (uint16_t)strlen(text), PBUF_RAM);
    EXPECT(packet != nullptr && pbuf_take(packet, text, (uint16_t)strlen(text)) == ERR_OK);
    EXPECT(ipaddr_aton("10.0.2.3", &remote));
    static struct ip_hdr head = {._ttl = 61};
    ip_data.current_ip4_header = &head;
    datagram_queue(conversation, packet, &remote, port);
}

TEST("datagrams are read one by one, in order, with or without where they came from")
{
    struct conversation conversation = fresh();
    struct {
        struct net_datagram header;
        char text[16];
    } message;
    char text[16];
    conversation.last_datagram = &conversation.first_datagram;
    EXPECT(datagram_read(&conversation, text, sizeof text) == P9_LATER);
    arrive(&conversation, "first", 1);
    arrive(&conversation, "second", 2);
    EXPECT(conversation.is_touched && conversation.queued == 11 && conversation.received == 11);
    EXPECT(datagram_read(&conversation, text, 3) == 3 && memcmp(text, "fir", 3) == 0);
    EXPECT(conversation.queued == 6); // the rest of the first is gone
    conversation.has_headers = true;
    EXPECT(datagram_read(&conversation, &message, sizeof message.header - 1) == -EINVAL);
    EXPECT(datagram_read(&conversation, &message, sizeof message) ==
           (int64_t)sizeof message.header + 6);
    EXPECT(message.header.remote_port == 2 && message.header.version == 4);
    EXPECT(message.header.hops == 61);
    EXPECT(message.header.remote[0] == 10 && message.header.remote[3] == 3);
    EXPECT(memcmp(message.text, "second", 6) == 0 && conversation.queued == 0);
    for (uint32_t i = 0; i < 5; i++) arrive(&conversation, "left over", 3);
    datagrams_drop(&conversation);
    EXPECT(conversation.queued == 0 && conversation.first_datagram == nullptr);
}

TEST("what nobody reads is dropped when it is too much")
{
    struct conversation conversation = fresh();
    static char text[1001];
    conversation.last_datagram = &conversation.first_datagram;
    memset(text, 'x', sizeof text - 1);
    for (uint32_t i = 0; i < 1000; i++) arrive(&conversation, text, 1);
    EXPECT(conversation.queued <= 256 << 10 && conversation.queued > 255 << 10);
    datagrams_drop(&conversation);
}

TEST("options are those that IP has")
{
    struct ip_pcb pcb = {};
    struct conversation conversation = fresh();
    conversation.pcb = &pcb;
    EXPECT(datagram_set(&conversation, "ttl", 3) == 0 && pcb.ttl == 3);
    EXPECT(datagram_set(&conversation, "tos", 8) == 0 && pcb.tos == 8);
    EXPECT(datagram_set(&conversation, "broadcast", 1) == 0 && ip_get_option(&pcb, SOF_BROADCAST));
    EXPECT(datagram_set(&conversation, "broadcast", 0) == 0 && !ip_get_option(&pcb, SOF_BROADCAST));
    EXPECT(datagram_set(&conversation, "reuse", 1) == 0 && ip_get_option(&pcb, SOF_REUSEADDR));
    EXPECT(datagram_set(&conversation, "speed", 1) == -ENOPROTOOPT);
}

TEST("a frame that is shorter than Ethernet allows is padded with zeros")
{
    uint8_t content[61], copy[61] = {};
    memset(content, 7, sizeof content);
    struct pbuf *packet = frame_make(content, 42);
    EXPECT(packet != nullptr && packet->tot_len == 60 && packet->len == 60);
    pbuf_copy_partial(packet, copy, 60, 0);
    EXPECT(memcmp(copy, content, 42) == 0 && copy[42] == 0 && copy[59] == 0);
    pbuf_free(packet);
    packet = frame_make(content, 61);
    EXPECT(packet != nullptr && packet->tot_len == 61);
    pbuf_free(packet);
    EXPECT(frame_make(content, UINT16_MAX + 1) == nullptr);
}

TEST("a port that nobody chose is a random one, and taken by nobody else")
{
    enum : uint32_t { PORTS = 64 };
    static struct conversation conversations[PORTS];
    uint32_t successors = 0;
    for (uint32_t i = 0; i < PORTS; i++) {
        EXPECT(udp_protocol.create(&conversations[i]) == 0);
        EXPECT(udp_protocol.bind(&conversations[i], IP_ANY_TYPE, 0) == 0);
        EXPECT(conversations[i].local_port >= 49152);
        for (uint32_t j = 0; j < i; j++)
            EXPECT(conversations[i].local_port != conversations[j].local_port);
        successors += i != 0 && conversations[i].local_port == conversations[i - 1].local_port + 1;
    }
    EXPECT(successors < PORTS / 8);
    struct conversation same = fresh();
    EXPECT(udp_protocol.create(&same) == 0);
    EXPECT(udp_protocol.bind(&same, IP_ANY_TYPE, conversations[0].local_port) == -EADDRINUSE);
    udp_protocol.close(&same);
    for (uint32_t i = 0; i < PORTS; i++) udp_protocol.close(&conversations[i]);
}
