// SPDX-License-Identifier: MIT
// Loss on a path of which this test is both ends: the interface gives back what it is handed, a
// millisecond later, with source and destination exchanged. Time is the test's own.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip/timeouts.h>
#include <string.h>

enum : uint32_t { DELAY = 1, PORT = 9000, NEVER = UINT32_MAX };

static uint32_t seed, retransmissions;
static uint32_t loss;                              // of 1000 packets
static uint32_t data_seen, lose_first, lose_count; // packets with data, by number

static struct packet {
    struct packet *next;
    uint32_t at;
    struct pbuf *bytes;
} *first, **last = &first;

static bool is_lost(const struct pbuf *bytes)
{
    seed = seed * 1664525 + 1013904223;
    bool has_data = bytes->tot_len > 200;
    uint32_t number = data_seen;
    data_seen += has_data;
    return (has_data && number - lose_first < lose_count) || (seed >> 8) % 1000 < loss;
}

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    if (is_lost(bytes)) return ERR_OK;
    struct packet *packet = calloc(1, sizeof *packet);
    packet->bytes = pbuf_clone(PBUF_RAW, PBUF_RAM, bytes);
    struct ip_hdr *header = packet->bytes->payload;
    ip4_addr_p_t source = header->src;
    header->src = header->dest;
    header->dest = source;
    packet->at = now + DELAY;
    *last = packet;
    last = &packet->next;
    return ERR_OK;
}

static void deliver(void)
{
    while (first && first->at <= now) {
        struct packet *packet = first;
        first = packet->next;
        if (!first) last = &first;
        struct pbuf *bytes = packet->bytes;
        free(packet);
        if (netif.input(bytes, &netif) != ERR_OK) pbuf_free(bytes);
    }
}

// One stream: numbers that count up, of 4 bytes each.
static struct stream {
    struct tcp_pcb *pcb;
    uint32_t size, written, received, ended_at;
    bool is_right, has_failed;
} stream;

static void feed(struct tcp_pcb *pcb)
{
    uint32_t words[256];
    while (stream.written < stream.size && tcp_sndbuf(pcb) >= sizeof words) {
        for (uint32_t i = 0; i < 256; i++) words[i] = stream.written / 4 + i;
        if (tcp_write(pcb, words, sizeof words, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
        stream.written += sizeof words;
    }
    (void)tcp_output(pcb);
}

static err_t on_sent(void *unused, struct tcp_pcb *pcb, u16_t size)
{
    feed(pcb);
    return ERR_OK;
}

static err_t on_connected(void *unused, struct tcp_pcb *pcb, err_t error)
{
    feed(pcb);
    return ERR_OK;
}

static void on_failed(void *unused, err_t error)
{
    stream.has_failed = true;
}

static err_t on_received(void *unused, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
    if (!bytes) return tcp_close(pcb);
    for (uint32_t i = 0; i < bytes->tot_len; i++, stream.received++) {
        uint32_t word = stream.received / 4;
        if (pbuf_get_at(bytes, (u16_t)i) != (uint8_t)(word >> stream.received % 4 * 8))
            stream.is_right = false;
    }
    tcp_recved(pcb, bytes->tot_len);
    pbuf_free(bytes);
    if (stream.received == stream.size) stream.ended_at = now;
    return ERR_OK;
}

static err_t on_call(void *unused, struct tcp_pcb *pcb, err_t error)
{
    tcp_recv(pcb, on_received);
    return ERR_OK;
}

static void start(void)
{
    if (!machine_start(1, output)) return;
    struct tcp_pcb *listener = tcp_listen(({
        struct tcp_pcb *pcb = tcp_new();
        (void)tcp_bind(pcb, IP_ANY_TYPE, PORT);
        pcb;
    }));
    tcp_accept(listener, on_call);
}

static void run(uint32_t size, uint32_t limit)
{
    ip_addr_t far = IPADDR4_INIT_BYTES(10, 0, 0, 2);
    start();
    uint32_t began = now, sent_again = lwip_stats.mib2.tcpretranssegs;
    stream = (struct stream){.size = size, .is_right = true, .ended_at = NEVER, .pcb = tcp_new()};
    data_seen = 0;
    tcp_sent(stream.pcb, on_sent);
    tcp_err(stream.pcb, on_failed);
    tcp_nagle_disable(stream.pcb);
    (void)tcp_connect(stream.pcb, &far, PORT, on_connected);
    while (now - began < limit && stream.ended_at == NEVER && !stream.has_failed) {
        deliver();
        sys_check_timeouts();
        now++;
    }
    if (!stream.has_failed) tcp_abort(stream.pcb);
    retransmissions = lwip_stats.mib2.tcpretranssegs - sent_again;
    stream.ended_at -= began;
    loss = lose_count = 0;
}

TEST("without loss nothing is sent twice")
{
    run(1 << 20, 10000);
    EXPECT(stream.received == 1 << 20 && stream.is_right && retransmissions == 0);
}

TEST("what is lost in the middle is sent again at once, and nothing else is")
{
    lose_first = 5;
    lose_count = 3;
    run(100 << 10, 10000);
    EXPECT(stream.received == 100 << 10 && stream.is_right && retransmissions == 3);
    EXPECT(stream.ended_at < 60);
}

TEST("what is lost at the end is found by a probe, long before time runs out")
{
    lose_first = 4;
    lose_count = 2;
    run(8 << 10, 10000);
    EXPECT(stream.received == 8 << 10 && stream.is_right);
    EXPECT(stream.ended_at < 300);
}

TEST("a twentieth that is lost, of what is sent again too, costs time and no byte")
{
    for (uint32_t i = 1; i < 6; i++) {
        loss = 50;
        seed = i;
        run(4 << 20, 100000);
        EXPECT(stream.received == 4 << 20 && stream.is_right);
        EXPECT(stream.ended_at < 10000);
    }
}
