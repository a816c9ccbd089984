// SPDX-License-Identifier: MIT
// A listener and peers that are made of segments: a flood of calls that nobody completes, and many
// connections that end.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip_hooks.h>
#include <string.h>

enum { PORT = 80, OTHER = 81, THIRD = 82, BACKLOG = 64 };
enum { FLOOD = 2000, CONNECTIONS = 1500, KEPT = 1024 };

static struct tcp_hdr answer; // the last that was sent
static unsigned accepted;
static struct tcp_pcb *listener;

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    pbuf_copy_partial(bytes, &answer, sizeof answer, IP_HLEN);
    return ERR_OK;
}

// Whoever calls is told farewell at once.
static err_t on_call(void *unused, struct tcp_pcb *pcb, err_t error)
{
    accepted++;
    return tcp_close(pcb);
}

static struct tcp_pcb *listen_at(uint16_t port, uint32_t backlog)
{
    struct tcp_pcb *pcb = tcp_new();
    (void)tcp_bind(pcb, IP_ANY_TYPE, port);
    pcb = tcp_listen_with_backlog(pcb, backlog);
    tcp_accept(pcb, on_call);
    return pcb;
}

static void start(void)
{
    if (machine_start(1, output)) listener = listen_at(PORT, BACKLOG);
}

// A segment of peer number `peer`.
static void send_to(uint16_t port, unsigned peer, unsigned flags, uint32_t place,
                    uint32_t acknowledged)
{
    ip_addr_t from = IPADDR4_INIT(lwip_htonl(0xc0000200 + peer % 200));
    struct tcp_hdr head = segment_head((uint16_t)(1000 + peer), port, flags, place, acknowledged);
    segment_input(&from, &head, sizeof head);
}

static void send(unsigned peer, unsigned flags, uint32_t place, uint32_t acknowledged)
{
    send_to(PORT, peer, flags, place, acknowledged);
}

static void flood(uint16_t port, unsigned count)
{
    for (unsigned i = 0; i < count; i++) send_to(port, i, TCP_SYN, 100, 0);
}

static unsigned calls_of(const struct tcp_pcb *of)
{
    unsigned count = 0;
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        count += pcb->state == SYN_RCVD && (const struct tcp_pcb *)pcb->listener == of;
    return count;
}

// A whole handshake; where the other end's stream begins.
static uint32_t call(unsigned peer)
{
    memset(&answer, 0, sizeof answer);
    send(peer, TCP_SYN, 100, 0);
    uint32_t place = lwip_ntohl(answer.seqno) + 1;
    send(peer, TCP_ACK, 101, place);
    return place;
}

TEST("a flood of calls that nobody completes takes the backlog, and who answers gets in")
{
    start();
    flood(PORT, FLOOD);
    EXPECT(pcb_count(tcp_active_pcbs) == BACKLOG);
    call(FLOOD + 1);
    EXPECT(accepted == 1);
    send(FLOOD - 1, TCP_ACK, 101, lwip_ntohl(answer.ackno)); // of no use to somebody who guesses
    EXPECT(accepted == 1);
}

TEST("as many calls as a listener wants may be incomplete, and end with it")
{
    start();
    struct tcp_pcb *other = listen_at(OTHER, 4096);
    unsigned before = pcb_count(tcp_active_pcbs);
    flood(OTHER, 5000);
    EXPECT(calls_of(other) == 4096 && pcb_count(tcp_active_pcbs) == before + 4096);
    EXPECT(tcp_close(other) == ERR_OK && pcb_count(tcp_active_pcbs) == before);
}

TEST("the call that goes for a new one has been silent for longest")
{
    start();
    struct tcp_pcb *other = listen_at(OTHER, 3);
    flood(OTHER, 3);
    uint32_t place = lwip_ntohl(answer.seqno) + 1; // of the third
    send_to(OTHER, 0, TCP_SYN, 100, 0);
    unsigned before = accepted;
    send_to(OTHER, 3, TCP_SYN, 100, 0); // for the second
    send_to(OTHER, 1, TCP_ACK, 101, place);
    EXPECT(accepted == before && (TCPH_FLAGS(&answer) & TCP_RST) != 0);
    send_to(OTHER, 2, TCP_ACK, 101, place);
    EXPECT(accepted == before + 1 && calls_of(other) == 2);
    send_to(OTHER, 4, TCP_SYN, 100, 0); // there is room again
    EXPECT(calls_of(other) == 3);
    send_to(OTHER, 3, TCP_RST, 101, 0); // and it gave up
    EXPECT(calls_of(other) == 2 && tcp_close(other) == ERR_OK);
}

TEST("when calls of all listeners have their memory each keeps a few, and none takes from another")
{
    start();
    struct tcp_pcb *other = listen_at(THIRD, 4096);
    size_t room = lwip_calls_room;
    lwip_calls_room = 500 << 10;
    unsigned before = calls_of(listener);
    flood(THIRD, 1000);
    EXPECT(calls_of(other) == 500 - before);
    lwip_backlog_set(listener, 4096);
    flood(PORT, 1000);
    EXPECT(calls_of(listener) == 64 && calls_of(other) == 500 - before);
    lwip_calls_room = room;
    lwip_backlog_set(listener, BACKLOG);
    EXPECT(tcp_close(other) == ERR_OK);
}

TEST("a listener that is full answers no call and refuses none, and takes it when there is room")
{
    enum : unsigned { PEER = 30000 };
    start();
    unsigned before = accepted;
    lwip_backlog_set(listener, 0);
    memset(&answer, 0, sizeof answer);
    send(PEER, TCP_SYN, 100, 0);
    EXPECT(TCPH_FLAGS(&answer) == 0 && accepted == before);
    lwip_backlog_set(listener, BACKLOG);
    call(PEER);
    EXPECT(accepted == before + 1);
}

TEST("a call that was answered is completed although the listener is full by then")
{
    enum : unsigned { PEER = 31000 };
    start();
    send(PEER, TCP_SYN, 100, 0);
    uint32_t place = lwip_ntohl(answer.seqno) + 1;
    unsigned before = accepted;
    lwip_backlog_set(listener, 0);
    send(PEER, TCP_ACK, 101, place);
    EXPECT(accepted == before + 1);
    lwip_backlog_set(listener, BACKLOG);
}

TEST("of connections that are over the oldest are forgotten")
{
    start();
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        uint32_t place = call(10000 + i);
        send(10000 + i, TCP_FIN | TCP_ACK, 101, place + 1);
    }
    EXPECT(accepted >= CONNECTIONS);
    EXPECT(pcb_count(tcp_tw_pcbs) == KEPT);
    EXPECT(tcp_tw_pcbs->remote_port == 1000 + 10000 + CONNECTIONS - 1);
}

TEST("between the same ends a later call is taken at once, and an old one that comes again is not")
{
    enum : unsigned { PEER = 20000 };
    start();
    uint32_t place = call(PEER);
    send(PEER, TCP_FIN | TCP_ACK, 101, place + 1);
    unsigned before = accepted;
    send(PEER, TCP_SYN, 100, 0);
    EXPECT((TCPH_FLAGS(&answer) & TCP_SYN) == 0 && tcp_tw_pcbs->remote_port == 1000 + PEER);
    send(PEER, TCP_SYN, 102, 0);
    EXPECT((TCPH_FLAGS(&answer) & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK));
    EXPECT(lwip_ntohl(answer.ackno) == 103);
    send(PEER, TCP_ACK, 103, lwip_ntohl(answer.seqno) + 1);
    EXPECT(accepted == before + 1);
}
