// SPDX-License-Identifier: MIT
// Segments that go by a card which makes checksums, and those whose checksum is made here all the
// same.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip_end.h"
#include "test/unit.h"

#include <lwip_hooks.h>

enum : uint16_t { PORT = 9000, ROOM = 1500 };

static struct tcp_hdr sent;
static ip_addr_t far = IPADDR4_INIT_BYTES(10, 0, 0, 9), own = IPADDR4_INIT_BYTES(10, 0, 0, 1);
static const ip_addr_t far6 = IPADDR6_INIT_HOST(0x20010db8, 0, 0, 9);

static err_t output(struct netif *unused, struct pbuf *packet, const ip4_addr_t *to)
{
    pbuf_copy_partial(packet, &sent, sizeof sent, IP_HLEN);
    return ERR_OK;
}

static err_t on_connected(void *unused, struct tcp_pcb *pcb, err_t error)
{
    return ERR_OK;
}

static void start(bool makes_checksums)
{
    (void)machine_start(1, output);
    netif.flags |= NETIF_FLAG_ETHERNET;
    netif.mtu = netif.mtu6 = ROOM;
    netif.chksum_flags = NETIF_CHECKSUM_ENABLE_ALL;
    if (makes_checksums) netif.chksum_flags &= (uint16_t)~NETIF_CHECKSUM_GEN_TCP;
}

// The call's checksum, as it is given to the card.
static uint16_t call(void)
{
    struct tcp_pcb *pcb = tcp_new();
    sent.chksum = 0;
    (void)tcp_connect(pcb, &far, PORT, on_connected);
    uint16_t sum = sent.chksum;
    tcp_abort(pcb);
    return sum;
}

static bool needs(const ip_addr_t *to, uint32_t size)
{
    struct pbuf *segment = pbuf_alloc(PBUF_RAW, (uint16_t)size, PBUF_RAM);
    bool is_needed = lwip_needs_checksum(segment, to, &netif);
    pbuf_free(segment);
    return is_needed;
}

TEST("the checksum of a call is left to a card that makes it, and made for another")
{
    start(true);
    EXPECT(call() == 0);
    EXPECT(sent.chksum == 0); // nor that of what resets it
    start(false);
    EXPECT(call() != 0);
}

TEST("a segment that is cut has its checksum from here, and one that just fits has not")
{
    start(true);
    EXPECT(!needs(&far, ROOM - IP_HLEN) && needs(&far, ROOM - IP_HLEN + 1));
    EXPECT(!needs(&far6, ROOM - IP6_HLEN) && needs(&far6, ROOM - IP6_HLEN + 1));
}

TEST("what stays on this host has its checksum from here, and by the loopback none")
{
    start(true);
    EXPECT(needs(&own, TCP_HLEN));
    netif.flags &= (uint8_t)~NETIF_FLAG_ETHERNET;
    EXPECT(!needs(&own, TCP_HLEN));
}
