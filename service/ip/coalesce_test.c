// SPDX-License-Identifier: MIT
// Frames that are joined, and those that are not: everything that may differ between two is changed
// once, and every size that can be wrong is.
#include "test/refused.h"
#include "test/unit.h"

#include "ip.h"
#include <stdlib.h>
#include <string.h>

enum : uint32_t { PAYLOAD = 100, HEADERS = 14 + 20 + 32, HEADERS6 = 14 + 40 + 32, ROOM = 2048 };

static uint8_t frames[4][ROOM];
static struct frame_run run;

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static uint32_t sum_of(const uint8_t *at, uint32_t size, uint32_t sum)
{
    for (uint32_t i = 0; i < size; i++) sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

// Both checksums as they have to be.
static void sign(uint8_t *frame, bool is_six)
{
    uint8_t *ip = frame + 14, *tcp = ip + (is_six ? 40 : 20);
    uint32_t size = 32 + PAYLOAD;
    put16(tcp + 16, 0);
    uint32_t sum = sum_of(is_six ? ip + 8 : ip + 12, is_six ? 32 : 8, 6 + size);
    put16(tcp + 16, ~sum_of(tcp, size, sum) & 0xffff);
    if (is_six) return;
    put16(ip + 10, 0);
    put16(ip + 10, ~sum_of(ip, 20, 0) & 0xffff);
}

static uint32_t fill(uint32_t which, bool is_six)
{
    uint8_t *frame = frames[which], *ip = frame + 14, *tcp = ip + (is_six ? 40 : 20);
    memset(frame, 0, ROOM);
    put16(frame + 12, is_six ? 0x86dd : 0x0800);
    ip[0] = is_six ? 0x60 : 0x45;
    put16(ip + (is_six ? 4 : 2), (is_six ? 0 : 20) + 32 + PAYLOAD);
    ip[is_six ? 7 : 8] = 64;
    ip[is_six ? 6 : 9] = 6;
    ip[is_six ? 20 : 15] = 7; // somebody
    put16(tcp, 80);
    put16(tcp + 2, 5000);
    put16(tcp + 6, 1000 + which * PAYLOAD);
    tcp[12] = 8 << 4;
    tcp[13] = 16;
    put16(tcp + 14, 512);
    memset(tcp + 32, (int)('a' + which), PAYLOAD);
    sign(frame, is_six);
    return (is_six ? HEADERS6 : HEADERS) + PAYLOAD;
}

static bool follows(void)
{
    run = (struct frame_run){};
    fill(0, false);
    return frame_run_add(&run, frames[0], HEADERS + PAYLOAD, false) &&
           frame_run_add(&run, frames[1], HEADERS + PAYLOAD, false);
}

static void check_joined(bool is_six)
{
    uint32_t header = is_six ? HEADERS6 : HEADERS;
    run = (struct frame_run){};
    for (uint32_t i = 0; i < 3; i++) EXPECT(frame_run_add(&run, frames[i], fill(i, is_six), false));
    struct pbuf *packet = frame_run_make(&run);
    EXPECT(packet->tot_len == header + 3 * PAYLOAD);
    const uint8_t *at = packet->payload;
    const uint8_t *size = at + (is_six ? 18 : 16);
    EXPECT(size[0] * 256u + size[1] == (is_six ? 0u : 20u) + 32 + 3 * PAYLOAD);
    EXPECT(at[header] == 'a');
    EXPECT(at[header + PAYLOAD] == 'b');
    EXPECT(at[header + 3 * PAYLOAD - 1] == 'c');
    pbuf_free(packet);
}

TEST("frames of one stream become one packet that says how large it is")
{
    check_joined(false);
    check_joined(true);
}

TEST("what Ethernet padded is no part of the stream")
{
    run = (struct frame_run){};
    EXPECT(frame_run_add(&run, frames[0], fill(0, false) + 6, false));
    EXPECT(run.payload == PAYLOAD);
}

TEST("nothing is joined that says more, or is of something else")
{
    static const struct {
        uint32_t at;
        uint8_t value;
    } changes[] = {
        {0, 1},        {12, 9},      {14, 0x46},        {15, 4},       {20, 0x20},    {21, 1},
        {22, 63},      {23, 17},     {29, 9},           {33, 9},       {34, 9},       {37, 9},
        {41, 9},       {45, 9},      {34 + 12, 5 << 4}, {34 + 13, 17}, {34 + 13, 18}, {34 + 13, 20},
        {34 + 13, 48}, {34 + 13, 0}, {34 + 13, 80},     {34 + 14, 9},  {34 + 31, 9},
    };
    fill(1, false);
    EXPECT(follows());
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        fill(1, false);
        frames[1][changes[i].at] = changes[i].value;
        sign(frames[1], false);
        EXPECT(!follows());
        EXPECT(run.count == 1);
    }
    fill(1, false);
    frames[1][34 + 13] = 24; // ACK, PSH
    sign(frames[1], false);
    EXPECT(follows());
}

TEST("a damaged frame is not joined")
{
    for (uint32_t at = 14; at < HEADERS + PAYLOAD; at++) {
        fill(1, false);
        frames[1][at] ^= 4;
        EXPECT(!follows());
    }
}

TEST("what the card vouches for is joined whatever its checksum, beside what was verified")
{
    enum : uint32_t { IPV4_SUM = 24, TCP_SUM = 34 + 16 };
    run = (struct frame_run){};
    for (uint32_t i = 0; i < 3; i++) {
        fill(i, false);
        if (i != 0) frames[i][TCP_SUM] ^= 4;
    }
    EXPECT(frame_run_add(&run, frames[0], HEADERS + PAYLOAD, false));
    EXPECT(frame_run_add(&run, frames[1], HEADERS + PAYLOAD, true));
    EXPECT(!frame_run_add(&run, frames[2], HEADERS + PAYLOAD, false));
    EXPECT(frame_run_add(&run, frames[2], HEADERS + PAYLOAD, true));
    run = (struct frame_run){};
    frames[1][IPV4_SUM] ^= 4; // which no card vouches for
    EXPECT(!frame_run_add(&run, frames[1], HEADERS + PAYLOAD, true));
}

TEST("a frame that is cut, or says that its headers are longer than it, is not joined")
{
    fill(0, false);
    for (uint32_t size = 0; size < HEADERS + PAYLOAD; size++) {
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, frames[0], size);
        run = (struct frame_run){};
        EXPECT(!frame_run_add(&run, exact, size, false));
        free(exact);
    }
    frames[0][34 + 12] = 15 << 4;
    put16(frames[0] + 16, 20 + 40);
    EXPECT(!frame_run_add(&run, frames[0], HEADERS + PAYLOAD, false));
}

TEST("a packet is no larger than IP has it, nor of more frames than there is room for")
{
    static uint8_t large[ROOM];
    uint32_t count = 0, payload = 1448;
    run = (struct frame_run){};
    for (bool more = true; more; count++) {
        fill(0, false);
        memcpy(large, frames[0], ROOM);
        put16(large + 16, 52 + payload);
        large[34 + 4] = 0;
        put16(large + 34 + 6, count * payload);
        put16(large + 34 + 16, 0);
        uint32_t sum = sum_of(large + 26, 8, 6 + 32 + payload);
        put16(large + 34 + 16, ~sum_of(large + 34, 32 + payload, sum) & 0xffff);
        put16(large + 24, 0);
        put16(large + 24, ~sum_of(large + 14, 20, 0) & 0xffff);
        more = frame_run_add(&run, large, HEADERS + payload, false);
    }
    EXPECT(count == 65535 / payload + 1); // the last one was refused
    EXPECT(HEADERS + run.payload <= 65535);
    run = (struct frame_run){.count = RUN_MAX};
    EXPECT(!frame_run_add(&run, large, HEADERS + payload, false));
}
