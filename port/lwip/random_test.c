// SPDX-License-Identifier: MIT
// A machine without random numbers, and the same machine when it has some: no connection of others
// begins where they could guess.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip_hooks.h>
#include <string.h>
#include <sys/random.h>

enum { PORT = 80 };

static bool has_source;
static unsigned answers;
static struct tcp_hdr answer; // the last that was sent

// Instead of the system's: bytes that anybody could tell, until there is a source.
ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    static uint64_t state = 1;
    if (!has_source && !(flags & GRND_INSECURE)) return -1;
    for (size_t i = 0; i < size; i++) {
        if (has_source) state = state * 6364136223846793005 + 1442695040888963407;
        ((uint8_t *)bytes)[i] = (uint8_t)(state >> 56);
    }
    return (ssize_t)size;
}

static err_t output(struct netif *unused, struct pbuf *bytes, const ip4_addr_t *to)
{
    answers++;
    pbuf_copy_partial(bytes, &answer, sizeof answer, IP_HLEN);
    return ERR_OK;
}

static void start(void)
{
    answers = 0;
    if (!machine_start(1, output)) return;
    struct tcp_pcb *pcb = tcp_new();
    (void)tcp_bind(pcb, IP_ANY_TYPE, PORT);
    (void)tcp_listen(pcb);
}

// Where the answer's stream begins.
static uint32_t call(unsigned host, uint16_t port)
{
    ip_addr_t from = IPADDR4_INIT(lwip_htonl(0x0a000000 + host));
    struct tcp_hdr head = segment_head(port, PORT, TCP_SYN, 100, 0);
    segment_input(&from, &head, sizeof head);
    return lwip_ntohl(answer.seqno);
}

TEST("without random numbers no call of another host is answered, and this host's own are")
{
    has_source = false;
    start();
    EXPECT(!lwip_random_is_secret());
    for (uint16_t port = 1000; port < 1100; port++) call(2, port);
    EXPECT(answers == 0);
    EXPECT(pcb_count(tcp_active_pcbs) == 0);
    call(1, 1000);
    EXPECT(pcb_count(tcp_active_pcbs) == 1);
}

static uint32_t begin_of_stream(void)
{
    ip_addr_t from = IPADDR4_INIT(lwip_htonl(0x0a000002));
    return lwip_initial_sequence(&netif.ip_addr, PORT, &from, 1000);
}

TEST("the key by which streams begin is not the one from before there were random numbers")
{
    enum : uint32_t { FAR = 1 << 24 }; // more than a minute of the clock that is added
    has_source = false;
    start();
    uint32_t one = begin_of_stream(), other = begin_of_stream();
    EXPECT(other - one < FAR);
    has_source = true;
    one = begin_of_stream();
    EXPECT(one - other > FAR && other - one > FAR);
    other = begin_of_stream();
    EXPECT(other - one < FAR);
}

TEST("with them calls are answered, from where nobody can guess, and it stays so")
{
    has_source = true;
    start();
    uint32_t one = call(2, 1000);
    EXPECT(answers == 1);
    uint32_t other = call(2, 1001);
    EXPECT(answers == 2);
    EXPECT(one - other > 1 << 16 && other - one > 1 << 16);
    EXPECT(lwip_random_is_secret());
    has_source = false;
    EXPECT(lwip_random_is_secret());
    has_source = true;
}
