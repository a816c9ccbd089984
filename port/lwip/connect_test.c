// SPDX-License-Identifier: MIT
// How long a call waits for its answer, and how often it is made. The other end is this test, which
// answers when it wants to; time is its own.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip/timeouts.h>
#include <string.h>

enum : uint32_t { PORT = 9000, MOST = 16, SECOND = 1000, THEIRS = 5000 };

static const ip_addr_t far = IPADDR4_INIT_BYTES(10, 0, 0, 2);
static uint32_t sent_at[MOST], sent_count; // the packets of the connection, from its call on
static struct tcp_hdr sent;                // the last of them
static err_t failure;
static bool is_connected;

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    pbuf_copy_partial(bytes, &sent, sizeof sent, IP_HLEN);
    if (sent_count < MOST) sent_at[sent_count] = now;
    sent_count++;
    return ERR_OK;
}

static void on_failed(void *unused, err_t error)
{
    failure = error;
}

static err_t on_connected(void *unused, struct tcp_pcb *pcb, err_t error)
{
    is_connected = true;
    return ERR_OK;
}

static struct tcp_pcb *call(void)
{
    (void)machine_start(1, output);
    sent_count = 0;
    failure = ERR_OK;
    is_connected = false;
    struct tcp_pcb *pcb = tcp_new();
    tcp_err(pcb, on_failed);
    (void)tcp_connect(pcb, &far, PORT, on_connected);
    return pcb;
}

static void pass(uint32_t time)
{
    for (uint32_t end = now + time; now != end; now++) sys_check_timeouts();
}

// The other end takes the call, or acknowledges all that was sent.
static void answer(uint8_t flags, uint32_t size)
{
    struct tcp_hdr head =
        segment_head(PORT, lwip_ntohs(sent.src), flags, flags & TCP_SYN ? THEIRS : THEIRS + 1,
                     lwip_ntohl(sent.seqno) + size);
    head.wnd = lwip_htons(UINT16_MAX);
    segment_input(&far, &head, sizeof head);
}

static bool is_about(uint32_t time, uint32_t wanted) // within two steps of lwIP's clock
{
    return time + 2 * TCP_SLOW_INTERVAL > wanted && time < wanted + 2 * TCP_SLOW_INTERVAL;
}

TEST("a call without an answer is made again ever more seldom, for three minutes")
{
    static const uint32_t seconds[] = {0, 1, 3, 7, 15, 31, 63, 123};
    uint32_t began = now;
    (void)call();
    pass(180 * SECOND);
    EXPECT(failure == ERR_OK && sent_count == 8);
    for (size_t i = 0; i < 8; i++) EXPECT(is_about(sent_at[i] - began, seconds[i] * SECOND));
    pass(6 * SECOND);
    EXPECT(failure == ERR_ABRT && sent_count == 8);
}

TEST("an answer that comes after the last call is taken")
{
    struct tcp_pcb *pcb = call();
    pass(170 * SECOND);
    answer(TCP_SYN | TCP_ACK, 1);
    pass(SECOND);
    EXPECT(is_connected && failure == ERR_OK && sent_count == 9);
    tcp_abort(pcb);
}

TEST("who had to call again waits three seconds for the first word to arrive, and no more")
{
    struct tcp_pcb *pcb = call();
    pass(40 * SECOND);
    answer(TCP_SYN | TCP_ACK, 1);
    pass(50 * SECOND); // it has nothing to say for long
    (void)tcp_write(pcb, "word", 4, 0);
    sent_count = 0;
    (void)tcp_output(pcb);
    pass(8 * SECOND);
    EXPECT(sent_count == 2 && is_about(sent_at[1] - sent_at[0], 3 * SECOND));
    answer(TCP_ACK, 4);
    (void)tcp_write(pcb, "next", 4, 0);
    sent_count = 0;
    (void)tcp_output(pcb);
    pass(2 * SECOND);
    answer(TCP_ACK, 4); // nor does the silence count as a round trip
    (void)tcp_write(pcb, "last", 4, 0);
    sent_count = 0;
    (void)tcp_output(pcb);
    pass(8 * SECOND);
    EXPECT(sent_count == 2 && sent_at[1] - sent_at[0] < 7 * SECOND);
    tcp_abort(pcb);
}

TEST("what was sent waits for its last repetition too")
{
    struct tcp_pcb *pcb = call();
    answer(TCP_SYN | TCP_ACK, 1);
    pass(SECOND);
    uint32_t began = now;
    (void)tcp_write(pcb, "word", 4, 0);
    sent_count = 0;
    (void)tcp_output(pcb);
    while (sent_count < 1 + TCP_MAXRTX && now - began < 900 * SECOND) pass(TCP_SLOW_INTERVAL);
    pass(50 * SECOND);
    EXPECT(failure == ERR_OK && sent_count == 1 + TCP_MAXRTX);
    answer(TCP_ACK, 4);
    pass(20 * SECOND);
    EXPECT(failure == ERR_OK);
    tcp_abort(pcb);
}
