// SPDX-License-Identifier: MIT
// A listener and peers that are made of segments: a flood of calls that nobody completes, and many
// connections that end.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip_hooks.h>
#include <string.h>

enum { PORT = 80, BACKLOG = 64, FLOOD = 2000, CONNECTIONS = 1500, KEPT = 1024 };

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

static void start(void)
{
    if (!machine_start(1, output)) return;
    struct tcp_pcb *pcb = tcp_new();
    (void)tcp_bind(pcb, IP_ANY_TYPE, PORT);
    listener = tcp_listen_with_backlog(pcb, BACKLOG);
    tcp_accept(listener, on_call);
}

// A segment of peer number `peer`.
static void send(unsigned peer, unsigned flags, uint32_t place, uint32_t acknowledged)
{
    ip_addr_t from = IPADDR4_INIT(lwip_htonl(0xc0000200 + peer % 200));
    struct tcp_hdr head = segment_head((uint16_t)(1000 + peer), PORT, flags, place, acknowledged);
    segment_input(&from, &head, sizeof head);
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
    for (unsigned i = 0; i < FLOOD; i++) send(i, TCP_SYN, 100, 0);
    EXPECT(pcb_count(tcp_active_pcbs) == BACKLOG);
    call(FLOOD + 1);
    EXPECT(accepted == 1);
    send(FLOOD - 1, TCP_ACK, 101, lwip_ntohl(answer.ackno)); // of no use to somebody who guesses
    EXPECT(accepted == 1);
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
