// SPDX-License-Identifier: MIT
// Thousands of connections: found by their ends, in no list that was forgotten, and of no interest
// to the timers while they wait.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip/timeouts.h>
#include <lwip_hooks.h>
#include <string.h>

enum { PORT = 80, BACKLOG = 64, MANY = 10000, PER_ADDRESS = 50, FIRST_PORT = 2000 };

static struct tcp_hdr answer; // the last that was sent
static unsigned accepted, answers, told;
static uint32_t place[MANY]; // where the other end's stream is
static struct tcp_pcb *made[MANY];

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    pbuf_copy_partial(bytes, &answer, sizeof answer, IP_HLEN);
    answers++;
    return ERR_OK;
}

static err_t on_bytes(void *unused, struct tcp_pcb *pcb, struct pbuf *bytes, err_t error)
{
    told++;
    if (bytes == NULL) return tcp_close(pcb);
    tcp_recved(pcb, bytes->tot_len);
    pbuf_free(bytes);
    return ERR_OK;
}

static err_t on_call(void *unused, struct tcp_pcb *pcb, err_t error)
{
    made[accepted++ % MANY] = pcb;
    tcp_recv(pcb, on_bytes);
    return ERR_OK;
}

static void start(void)
{
    if (!machine_start(1, output)) return;
    struct tcp_pcb *pcb = tcp_new();
    (void)tcp_bind(pcb, IP_ANY_TYPE, PORT);
    tcp_accept(tcp_listen_with_backlog(pcb, BACKLOG), on_call);
}

static ip_addr_t address_of(unsigned peer)
{
    return (ip_addr_t)IPADDR4_INIT(lwip_htonl(0xc0000200 + peer / PER_ADDRESS));
}

static uint16_t port_of(unsigned peer)
{
    return (uint16_t)(FIRST_PORT + peer % PER_ADDRESS);
}

// A segment of peer number `peer`.
static void send(unsigned peer, unsigned flags, uint32_t at, uint32_t acknowledged, unsigned size)
{
    struct {
        struct tcp_hdr head;
        uint8_t bytes[8];
    } segment = {segment_head(port_of(peer), PORT, flags, at, acknowledged), {}};
    ip_addr_t from = address_of(peer);
    segment_input(&from, &segment, (uint16_t)(TCP_HLEN + size));
}

static void call(unsigned peer)
{
    send(peer, TCP_SYN, 100, 0, 0);
    place[peer] = lwip_ntohl(answer.seqno) + 1;
    send(peer, TCP_ACK, 101, place[peer], 0);
}

static struct tcp_pcb *find(unsigned peer, uint16_t local_port)
{
    ip_addr_t remote = address_of(peer);
    return lwip_ends_find(&remote, port_of(peer), &netif.ip_addr, local_port, NETIF_NO_INDEX);
}

static unsigned busy(void)
{
    unsigned count = 0;
    for (const struct tcp_pcb *pcb = lwip_busy_pcbs; pcb; pcb = pcb->busy_next) count++;
    return count;
}

static void pass(unsigned ms)
{
    for (unsigned i = 0; i < ms; i += 10) {
        now += 10;
        sys_check_timeouts();
    }
}

TEST("each of ten thousand connections is found by its ends, and by no others")
{
    start();
    for (unsigned i = 0; i < MANY; i++) call(i);
    EXPECT(accepted == MANY && pcb_count(tcp_active_pcbs) == MANY);
    for (unsigned i = 0; i < MANY; i++) {
        EXPECT(find(i, PORT) == made[i]);
        EXPECT(find(i, PORT + 1) == NULL);
    }
    EXPECT(find(MANY, PORT) == NULL);
}

TEST("while they wait the timers look at none of them, and rest")
{
    start();
    pass(1000);
    EXPECT(busy() == 0 && pcb_count(tcp_active_pcbs) == MANY);
    uint32_t before = tcp_ticks;
    pass(1000);
    EXPECT(tcp_ticks == before);
}

TEST("bytes that come are acknowledged in time, each by the connection that they are for")
{
    start();
    for (unsigned i = 0; i < MANY; i += 1000) {
        unsigned before = answers;
        send(i, TCP_ACK | TCP_PSH, 101, place[i], 5);
        EXPECT(busy() == 1 && lwip_busy_pcbs == made[i]);
        pass(1000);
        EXPECT(answers == before + 1 && busy() == 0);
        EXPECT(lwip_ntohl(answer.ackno) == 106 && lwip_ntohs(answer.dest) == made[i]->remote_port);
    }
    EXPECT(told == MANY / 1000);
}

TEST("what is written and not acknowledged is sent again, by one that had nothing to do")
{
    start();
    unsigned before = answers;
    EXPECT(tcp_write(made[1], "hello", 5, TCP_WRITE_FLAG_COPY) == ERR_OK);
    EXPECT(tcp_output(made[1]) == ERR_OK && answers == before + 1 && busy() == 1);
    pass(4000);
    EXPECT(answers > before + 1 && busy() == 1);
    send(1, TCP_ACK, 101, place[1] + 5, 0);
    pass(1000);
    EXPECT(busy() == 0);
}

TEST("one that is to be kept alive is looked at, and asks")
{
    start();
    send(2, TCP_ACK, 101, place[2], 0); // it is there now
    unsigned before = answers;
    made[2]->keep_idle = 2000;
    ip_set_option(made[2], SOF_KEEPALIVE);
    lwip_busy_begin(made[2]);
    pass(1000);
    EXPECT(busy() == 1 && answers == before);
    pass(3000);
    EXPECT(answers > before && lwip_ntohs(answer.dest) == made[2]->remote_port);
    ip_reset_option(made[2], SOF_KEEPALIVE);
    pass(1000);
    EXPECT(busy() == 0);
}

TEST("a port is in use as long as somebody has it")
{
    start();
    struct tcp_pcb *one = tcp_new(), *other = tcp_new();
    EXPECT(lwip_port_is_used(PORT) && !lwip_port_is_used(4000));
    EXPECT(tcp_bind(other, IP_ANY_TYPE, PORT) == ERR_USE);
    EXPECT(tcp_bind(one, IP_ANY_TYPE, 4000) == ERR_OK && lwip_port_is_used(4000));
    EXPECT(tcp_bind(other, IP_ANY_TYPE, 4000) == ERR_USE);
    EXPECT(tcp_close(one) == ERR_OK && !lwip_port_is_used(4000));
    EXPECT(tcp_bind(other, IP_ANY_TYPE, 4000) == ERR_OK && tcp_close(other) == ERR_OK);
}

TEST("the port that is drawn is nobody's, until there is none left, and then none is given")
{
    enum { RANGE = 0xffff - 0xc000 };
    static struct tcp_pcb *bound[RANGE + 1];
    unsigned count = 0;
    start();
    do {
        bound[count] = tcp_new();
        EXPECT(bound[count] != NULL);
    } while (tcp_bind(bound[count], IP_ANY_TYPE, 0) == ERR_OK && ++count <= RANGE);
    EXPECT(count > RANGE - 2 && count <= RANGE);
    for (unsigned i = 0; i <= count; i++) EXPECT(tcp_close(bound[i]) == ERR_OK);
    EXPECT(tcp_bound_pcbs == NULL && !lwip_port_is_used(0xc001));
}

TEST("when all are over, none is left in a list, or found")
{
    start();
    for (unsigned i = 0; i < MANY; i++) {
        uint32_t at = made[i]->rcv_nxt;
        send(i, TCP_FIN | TCP_ACK, at, made[i]->snd_nxt, 0);
        send(i, TCP_ACK, at + 1, made[i]->snd_nxt, 0);
    }
    EXPECT(tcp_active_pcbs == NULL && tcp_tw_pcbs == NULL && busy() == 0);
    for (unsigned i = 0; i < MANY; i++) EXPECT(find(i, PORT) == NULL);
    EXPECT(lwip_port_is_used(PORT)); // the listener
}
