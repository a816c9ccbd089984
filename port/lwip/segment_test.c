// SPDX-License-Identifier: MIT
// What a segment may hold becomes less while one waits that is not full: by a router's word it may,
// by the other end's it may not.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip/timeouts.h>

enum : uint16_t { PORT = 9000, THEIRS = 5000, USUAL = 1460, LESS = 960 };

static struct tcp_hdr last; // that was sent
static unsigned sent;
static const uint8_t bytes[4000];

static err_t output(struct netif *unused, struct pbuf *packet, const ip4_addr_t *to)
{
    pbuf_copy_partial(packet, &last, sizeof last, IP_HLEN);
    sent++;
    return ERR_OK;
}

static err_t on_connected(void *unused, struct tcp_pcb *pcb, err_t error)
{
    return ERR_OK;
}

// From the other end: what is acknowledged, and that its segments hold `most` bytes.
static void arrive(unsigned flags, uint32_t at, uint16_t most)
{
    ip_addr_t far = IPADDR4_INIT_BYTES(10, 0, 0, 2);
    struct {
        struct tcp_hdr head;
        uint8_t options[4];
    } segment = {segment_head(PORT, lwip_ntohs(last.src), flags, at, lwip_ntohl(last.seqno) + 1),
                 {2, 4, (uint8_t)(most >> 8), (uint8_t)most}};
    TCPH_HDRLEN_SET(&segment.head, sizeof segment / 4);
    segment_input(&far, &segment, sizeof segment);
}

static struct tcp_pcb *connection(void)
{
    ip_addr_t far = IPADDR4_INIT_BYTES(10, 0, 0, 2);
    (void)machine_start(1, output);
    struct tcp_pcb *pcb = tcp_new();
    (void)tcp_connect(pcb, &far, PORT, on_connected);
    arrive(TCP_SYN | TCP_ACK, THEIRS, USUAL);
    return pcb;
}

// The bytes that wait, if the first segment has `first` of them and no other more than fit now.
static unsigned waiting(const struct tcp_pcb *pcb, unsigned first)
{
    const struct tcp_seg *segment = pcb->unsent;
    if (segment == NULL || segment->len != first) return 0;
    unsigned sum = first;
    while ((segment = segment->next) != NULL) {
        if (segment->len > pcb->mss) return 0;
        sum += segment->len;
    }
    return sum;
}

TEST("a segment that waits is filled as far as fits now")
{
    struct tcp_pcb *pcb = connection();
    EXPECT(pcb->state == ESTABLISHED && pcb->mss == USUAL);
    EXPECT(tcp_write(pcb, bytes, 100, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) == ERR_OK);
    EXPECT(pcb->unsent_oversize > LESS);
    pcb->mss = LESS;
    EXPECT(tcp_write(pcb, bytes, 3000, TCP_WRITE_FLAG_COPY) == ERR_OK);
    EXPECT(waiting(pcb, LESS) == 3100);
    tcp_abort(pcb);
}

TEST("one that has more than fits now is left as it is")
{
    struct tcp_pcb *pcb = connection();
    EXPECT(tcp_write(pcb, bytes, 1200, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) == ERR_OK);
    EXPECT(pcb->unsent_oversize != 0);
    pcb->mss = LESS;
    EXPECT(tcp_write(pcb, bytes, 3000, TCP_WRITE_FLAG_COPY) == ERR_OK);
    EXPECT(waiting(pcb, 1200) == 4200);
    tcp_abort(pcb);
}

TEST("how much a segment holds the other end says in its first, and in no other")
{
    struct tcp_pcb *pcb = connection();
    EXPECT(tcp_write(pcb, bytes, 100, TCP_WRITE_FLAG_COPY | TCP_WRITE_FLAG_MORE) == ERR_OK);
    arrive(TCP_ACK, THEIRS + 1, 1);
    EXPECT(pcb->state == ESTABLISHED && pcb->mss == USUAL);
    tcp_abort(pcb);
}

TEST("what was sent before is sent again, although it is more than one segment has now")
{
    struct tcp_pcb *pcb = connection();
    EXPECT(tcp_write(pcb, bytes, 3000, TCP_WRITE_FLAG_COPY) == ERR_OK);
    EXPECT(tcp_output(pcb) == ERR_OK && pcb->unacked != NULL && pcb->unacked->len == USUAL);
    pcb->mss = LESS;
    sent = 0;
    for (uint32_t end = now + 5000; now != end; now++) sys_check_timeouts();
    EXPECT(sent == 2); // after one second, and two more
    tcp_abort(pcb);
}
