// SPDX-License-Identifier: MIT
// Packets that this host sends to itself. Of a large segment of TCP only the headers are copied:
// its data is the sender's, who does not change it while somebody else refers to it, and sends it
// again only when nobody does.
#include <lwip/pbuf.h>
#include <stdbool.h>
#include <stdlib.h>

enum : uint16_t { SHARED_MIN = 1024, IPV4_MIN = 20, IPV6_SIZE = 40, TCP_MIN = 20 };
enum : uint8_t { PROTOCOL_TCP = 6 };

struct shared {
    struct pbuf_custom part; // first: lwIP frees it by this address
    struct pbuf *whole;
};

static void shared_free(struct pbuf *part)
{
    struct shared *shared = (struct shared *)part;
    pbuf_free(shared->whole);
    free(shared);
}

// Of IP, when TCP follows in the same packet; or 0.
static uint16_t ip_header_size(const uint8_t *header)
{
    if (header[0] >> 4 == 6) return header[6] == PROTOCOL_TCP ? IPV6_SIZE : 0;
    bool is_fragment = ((header[6] & 0x3f) | header[7]) != 0;
    if (header[0] >> 4 != 4 || header[9] != PROTOCOL_TCP || is_fragment) return 0;
    return (uint16_t)((header[0] & 15) * 4);
}

// Of IP and TCP, of a packet that is worth to be shared; or 0.
static uint16_t headers_size(const struct pbuf *packet)
{
    if (packet->tot_len < SHARED_MIN || packet->len < IPV6_SIZE + TCP_MIN) return 0;
    const uint8_t *header = packet->payload;
    uint16_t ip = ip_header_size(header);
    if (ip < IPV4_MIN || ip + TCP_MIN > packet->len) return 0;
    uint16_t tcp = (uint16_t)((header[ip + 12] >> 4) * 4);
    return tcp >= TCP_MIN && ip + tcp <= packet->len ? (uint16_t)(ip + tcp) : 0;
}

// Adds what follows `skip` bytes of one part of the packet.
static bool share(struct pbuf *to, struct pbuf *whole, const struct pbuf *part, uint16_t skip)
{
    uint16_t size = (uint16_t)(part->len - skip);
    if (size == 0) return true;
    struct shared *shared = malloc(sizeof *shared);
    if (shared == NULL) return false;
    *shared = (struct shared){.part.custom_free_function = shared_free, .whole = whole};
    pbuf_ref(whole);
    pbuf_cat(to, pbuf_alloced_custom(PBUF_RAW, size, PBUF_REF, &shared->part,
                                     (uint8_t *)part->payload + skip, size));
    return true;
}

struct pbuf *lwip_loopback_packet(struct pbuf *packet)
{
    uint16_t headers = headers_size(packet), copied = headers != 0 ? headers : packet->tot_len;
    struct pbuf *made = pbuf_alloc(PBUF_LINK, copied, PBUF_RAM);
    if (made == NULL) return NULL;
    pbuf_copy_partial(packet, made->payload, copied, 0);
    for (struct pbuf *part = packet; headers != 0 && part != NULL; part = part->next) {
        if (share(made, packet, part, part == packet ? headers : 0)) continue;
        pbuf_free(made);
        return NULL;
    }
    return made;
}
