// SPDX-License-Identifier: MIT
// What arrives of packets to this host itself: the same bytes, of large segments of TCP those of
// the sender.
#include <stdbool.h> // the C of lwIP has none of its own

#include "test/lwip.h"
#include "test/unit.h"

#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 5000 };

static struct pbuf *packet_make(uint8_t version, uint16_t size)
{
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    uint8_t *at = packet->payload;
    for (int i = 0; i < size; i++) at[i] = (uint8_t)(i * 7);
    at[0] = version == 6 ? 0x60 : 0x45;
    at[6] = version == 6 ? 6 : 0x40;
    at[7] = 0;
    at[9] = version == 6 ? at[9] : 6;
    at[(version == 6 ? 40 : 20) + 12] = 8 << 4;
    return packet;
}

// The bytes that `made` has of its own in the first part; the sender's packet has `refs` then.
static void check(struct pbuf *packet, unsigned own, unsigned refs)
{
    static uint8_t want[SIZE], got[SIZE];
    struct pbuf *made = lwip_loopback_packet(packet);
    EXPECT(made != NULL);
    EXPECT(made->tot_len == packet->tot_len);
    EXPECT(made->len == own);
    EXPECT(packet->ref == refs);
    pbuf_copy_partial(packet, want, packet->tot_len, 0);
    EXPECT(pbuf_copy_partial(made, got, made->tot_len, 0) == packet->tot_len);
    EXPECT(memcmp(want, got, packet->tot_len) == 0);
    pbuf_free(made);
    EXPECT(packet->ref == 1);
    pbuf_free(packet);
}

TEST("data of a large segment stays where it is, until nobody has it")
{
    check(packet_make(4, SIZE), 52, 2);
    check(packet_make(6, SIZE), 72, 2);
    struct pbuf *packet = packet_make(4, 1500);
    pbuf_cat(packet, packet_make(4, 1500));
    check(packet, 52, 3);
}

TEST("what is small, a fragment, another protocol or no IP is copied")
{
    static const struct {
        int at;
        uint8_t value;
    } changes[] = {{0, 0x55}, {0, 0x44}, {0, 0x65}, {6, 0x20}, {7, 1}, {9, 17}, {32, 0}};
    check(packet_make(4, 600), 600, 1);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct pbuf *packet = packet_make(4, SIZE);
        ((uint8_t *)packet->payload)[changes[i].at] = changes[i].value;
        check(packet, SIZE, 1);
    }
}

TEST("headers that are longer than the part where they should be are not believed")
{
    struct pbuf *packet = packet_make(4, 60);
    ((uint8_t *)packet->payload)[32] = 15 << 4; // 80 bytes of headers
    pbuf_cat(packet, packet_make(4, 1500));
    check(packet, 1560, 1);
}
