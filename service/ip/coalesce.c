// SPDX-License-Identifier: MIT
// Frames that follow each other in one stream of TCP become one packet: what lwIP and a reader do
// for each is done once for many. Only what says nothing but "more of the stream" is joined: the
// same ends, acknowledgement, window and options, no other flag than ACK and PSH, in order, and
// with right checksums, or vouched for by the card (checksum.c). A frame is read where the driver
// put it, which may change it meanwhile: whatever it says, sizes are taken once, and bounds hold.
#include "ip.h"
#include "segment.h"

#include <string.h>

enum : uint32_t {
    TCP_MOST = 60,
    PACKET_MAX = 65535,
    FLAG_PSH = 8,
    FLAG_ACK = 16,
};

static uint32_t word32(const uint8_t *at)
{
    return word16(at) << 16 | word16(at + 2);
}

// Whether `size` bytes at a place are the same, a multiple of 2.
static bool same(const uint8_t *a, const uint8_t *b, uint32_t at, uint32_t size)
{
    uint64_t x, y;
    for (a += at, b += at; size >= sizeof x; size -= sizeof x, a += sizeof x, b += sizeof x) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y) return false;
    }
    for (; size != 0; size -= 2, a += 2, b += 2)
        if (a[0] != b[0] || a[1] != b[1]) return false;
    return true;
}

// Everything of two headers that must be the same for one to follow the other.
static bool is_alike(const uint8_t *a, const uint8_t *b, uint32_t tcp, uint32_t header)
{
    bool is_ip = tcp == ETHERNET + IPV4
                     ? same(a, b, 0, ETHERNET + 2) && same(a, b, ETHERNET + 8, 2) &&
                           same(a, b, ETHERNET + 12, 8)
                     : same(a, b, 0, ETHERNET + 4) && same(a, b, ETHERNET + 6, 34);
    // Ports; what is acknowledged, and how long the header is; the window; options.
    return is_ip && same(a, b, tcp, 4) && same(a, b, tcp + 8, 4) && a[tcp + 12] == b[tcp + 12] &&
           same(a, b, tcp + 14, 2) && same(a, b, tcp + TCP, header - tcp - TCP);
}

bool frame_run_add(struct frame_run *run, const uint8_t *frame, uint32_t size, bool is_vouched)
{
    uint32_t tcp, end;
    if (run->count == RUN_MAX || !frame_find_tcp(frame, size, &tcp, &end)) return false;
    uint32_t header = tcp + (frame[tcp + 12] >> 4) * 4;
    if (header < tcp + TCP || header >= end) return false; // bytes of the stream are there
    if ((frame[tcp + 13] & ~FLAG_PSH) != FLAG_ACK) return false;
    uint32_t payload = end - header, number = word32(frame + tcp + 4);
    if (run->count != 0) {
        const uint8_t *first = run->part[0].frame;
        if (header != run->part[0].header || number != run->next) return false;
        if (header + run->payload + payload > PACKET_MAX) return false;
        if (!is_alike(first, frame, tcp, header)) return false;
    }
    if (!frame_is_sound(frame, tcp, end, is_vouched)) return false;
    run->part[run->count].frame = frame;
    run->part[run->count].header = header;
    run->part[run->count++].payload = payload;
    run->payload += payload;
    run->next = number + payload;
    return true;
}

// The headers say how large the packet is now. Its checksums are not those of what was joined.
static void size_set(uint8_t *frame, uint32_t whole)
{
    bool is_four = frame[ETHERNET] >> 4 == 4;
    uint8_t *at = frame + ETHERNET + (is_four ? 2 : 4);
    uint32_t size = whole - ETHERNET - (is_four ? 0 : IPV6);
    at[0] = (uint8_t)(size >> 8);
    at[1] = (uint8_t)size;
}

struct pbuf *frame_run_make(const struct frame_run *run)
{
    uint32_t header = run->part[0].header, at = header;
    struct pbuf *packet = pbuf_alloc(PBUF_RAW, (uint16_t)(header + run->payload), PBUF_RAM);
    if (packet == nullptr) return nullptr;
    uint8_t *to = packet->payload;
    memcpy(to, run->part[0].frame, header);
    for (uint32_t i = 0; i < run->count; i++) {
        lwip_copy(to + at, run->part[i].frame + header, run->part[i].payload);
        at += run->part[i].payload;
    }
    size_set(to, at);
    return packet;
}
