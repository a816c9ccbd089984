// SPDX-License-Identifier: MIT
// Connections that the machine has closed, with peers that take nothing, something, or all.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/lwip_heap.h"
#include "test/unit.h"

#include <lwip/timeouts.h>
#include <lwip_hooks.h>

enum : uint32_t { SECOND = 1000, SIZE = 20000, ROOM = 1 << 20, SEGMENT = 536 };
enum : uint16_t { PORT = 80, FIRST_PEER = 2000 };

static struct tcp_hdr sent; // the last
static unsigned resets;
static struct tcp_pcb *called;
static uint16_t peer = FIRST_PEER;
static const ip_addr_t there = IPADDR4_INIT_BYTES(192, 0, 2, 1);

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    pbuf_copy_partial(bytes, &sent, sizeof sent, IP_HLEN);
    resets += (TCPH_FLAGS(&sent) & TCP_RST) != 0;
    return ERR_OK;
}

static err_t on_call(void *unused, struct tcp_pcb *pcb, err_t error)
{
    called = pcb;
    return ERR_OK;
}

static void pass(uint32_t time)
{
    for (uint32_t end = now + time; now != end; now++) sys_check_timeouts();
}

static void send(unsigned flags, uint32_t at, uint32_t acknowledged, uint16_t window)
{
    struct tcp_hdr head = segment_head(peer, PORT, flags, at, acknowledged);
    head.wnd = lwip_htons(window);
    segment_input(&there, &head, sizeof head);
}

// Of a new peer, with this window; where the machine's stream begins.
static uint32_t call(uint16_t window)
{
    if (machine_start(1, output)) {
        struct tcp_pcb *pcb = tcp_new();
        (void)tcp_bind(pcb, IP_ANY_TYPE, PORT);
        tcp_accept(tcp_listen(pcb), on_call);
    }
    peer++;
    resets = 0;
    send(TCP_SYN, 100, 0, window);
    uint32_t place = lwip_ntohl(sent.seqno) + 1;
    send(TCP_ACK, 101, place, window);
    return place;
}

// It has said more than the peer takes, and is closed.
static void say_farewell(void)
{
    static const uint8_t bytes[SIZE];
    (void)tcp_write(called, bytes, sizeof bytes, TCP_WRITE_FLAG_COPY);
    (void)tcp_output(called);
    (void)tcp_close(called);
}

TEST("who has closed waits two minutes for a peer that has vanished")
{
    call(8192);
    say_farewell();
    pass(115 * SECOND);
    EXPECT(pcb_count(tcp_active_pcbs) == 1 && resets == 0);
    pass(10 * SECOND);
    EXPECT(tcp_active_pcbs == NULL && resets == 1);
}

TEST("nor longer for one that answers and lets nothing in")
{
    uint32_t place = call(0);
    say_farewell();
    for (unsigned i = 0; i < 115; i++) {
        pass(SECOND);
        send(TCP_ACK, 101, place, 0);
    }
    EXPECT(pcb_count(tcp_active_pcbs) == 1);
    for (unsigned i = 0; i < 10 && tcp_active_pcbs != NULL; i++) {
        pass(SECOND);
        send(TCP_ACK, 101, place, 0);
    }
    EXPECT(tcp_active_pcbs == NULL && resets >= 1);
}

TEST("one that takes something now and then gets all of it")
{
    uint32_t place = call(1000), end = place + SIZE;
    say_farewell();
    while (place != end) {
        pass(60 * SECOND);
        EXPECT(pcb_count(tcp_active_pcbs) == 1);
        place += 1000;
        send(TCP_ACK, 101, place, 1000);
    }
    pass(SECOND);
    EXPECT((TCPH_FLAGS(&sent) & TCP_FIN) != 0 && resets == 0);
    send(TCP_FIN | TCP_ACK, 101, end + 1, 1000);
    EXPECT(tcp_active_pcbs == NULL);
}

TEST("a peer that has ended first is waited for as long")
{
    uint32_t place = call(0);
    send(TCP_FIN | TCP_ACK, 101, place, 0);
    say_farewell();
    EXPECT(called->state == LAST_ACK);
    pass(115 * SECOND);
    EXPECT(pcb_count(tcp_active_pcbs) == 1);
    pass(10 * SECOND);
    EXPECT(tcp_active_pcbs == NULL && resets == 1);
}

TEST("one that was ended, then idle, then closed is not waited for for ever")
{
    uint32_t place = call(8192);
    (void)tcp_shutdown(called, 0, 1);
    send(TCP_ACK, 101, place + 1, 8192);
    pass(1000 * SECOND);
    EXPECT(pcb_count(tcp_active_pcbs) == 1 && called->state == FIN_WAIT_2);
    (void)tcp_close(called);
    pass(15 * SECOND);
    EXPECT(pcb_count(tcp_active_pcbs) == 1);
    pass(10 * SECOND);
    EXPECT(tcp_active_pcbs == NULL);
}

// Of new peers who let nothing in.
static void orphans_make(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        call(0);
        say_farewell();
    }
}

// What was there before is over.
static size_t room_set(size_t room)
{
    size_t before = lwip_orphans_room;
    call(0);
    say_farewell();
    pass(125 * SECOND);
    lwip_orphans_room = room;
    return before;
}

TEST("together they have a part of memory, and those silent for longest go first")
{
    size_t room = room_set(ROOM), before = held;
    u32_t dropped = lwip_orphans_dropped;
    enum : unsigned { COUNT = 500 };
    orphans_make(COUNT);
    unsigned left = pcb_count(tcp_active_pcbs);
    EXPECT(held - before < ROOM && held - before > ROOM / 2);
    EXPECT(lwip_orphans_dropped - dropped == COUNT - left);
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        EXPECT(pcb->remote_port > peer - left);
    pass(125 * SECOND);
    EXPECT(tcp_active_pcbs == NULL && held <= before);
    lwip_orphans_room = room;
}

TEST("one that takes something meanwhile stays, whoever floods")
{
    size_t room = room_set(ROOM);
    uint32_t place = call(SEGMENT), end = place + SIZE;
    uint16_t patient = peer;
    say_farewell();
    for (uint16_t flooded = patient; place != end; peer = flooded) {
        orphans_make(15);
        flooded = peer;
        peer = patient;
        resets = 0;
        place += end - place < SEGMENT ? end - place : SEGMENT;
        send(TCP_ACK, 101, place, SEGMENT);
        EXPECT(resets == 0);
    }
    lwip_orphans_room = room;
}

TEST("pieces count by what they cost, however small they are")
{
    struct {
        struct tcp_hdr head;
        uint8_t option[4];
    } first = {.option = {2, 4, 0, 1}}; // segments of a byte
    static const uint8_t bytes[2000];
    size_t room = room_set(ROOM), before = held;
    for (unsigned i = 0; i < 10; i++) {
        peer++;
        first.head = segment_head(peer, PORT, TCP_SYN, 100, 0);
        TCPH_HDRLEN_FLAGS_SET(&first.head, sizeof first / 4, TCP_SYN);
        segment_input(&there, &first, sizeof first);
        send(TCP_ACK, 101, lwip_ntohl(sent.seqno) + 1, 0);
        EXPECT(tcp_write(called, bytes, sizeof bytes, TCP_WRITE_FLAG_COPY) == ERR_OK);
        (void)tcp_close(called);
        EXPECT(held - before < ROOM);
    }
    lwip_orphans_room = room;
}

TEST("the last one stays, whatever it has, and one that has delivered all goes without a word")
{
    size_t room = room_set(0);
    uint32_t place = call(8192);
    (void)tcp_close(called);
    send(TCP_ACK, 101, place + 1, 8192);
    EXPECT(called->state == FIN_WAIT_2);
    call(0);
    say_farewell();
    EXPECT(resets == 0 && pcb_count(tcp_active_pcbs) == 1);
    pass(SECOND);
    EXPECT(pcb_count(tcp_active_pcbs) == 1 && tcp_active_pcbs->remote_port == peer);
    lwip_orphans_room = room;
}

TEST("what comes out of order for one that is closed is not kept")
{
    struct {
        struct tcp_hdr head;
        uint8_t bytes[1000];
    } late = {};
    uint32_t place = call(0);
    late.head = segment_head(peer, PORT, TCP_ACK, 1101, place);
    segment_input(&there, &late, sizeof late);
    EXPECT(called->ooseq != NULL);
    say_farewell();
    EXPECT(called->ooseq == NULL);
    late.head = segment_head(peer, PORT, TCP_ACK, 2101, place);
    segment_input(&there, &late, sizeof late);
    EXPECT(called->ooseq == NULL && resets == 0);
    late.head = segment_head(peer, PORT, TCP_ACK, 101, place);
    segment_input(&there, &late, sizeof late);
    EXPECT(resets == 1);
}
