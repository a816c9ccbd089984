// SPDX-License-Identifier: MIT
// Checksums that are left to a card, which is played here, and packets that are not whole.
#include "test/refused.h"
#include "test/unit.h"

#include "ip.h"
#include "segment.h"

#include <driver/ethernet.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { PAYLOAD = 37, MOST = 14 + 40 + 20 + PAYLOAD };

static uint8_t frame[MOST];

// A segment of TCP without a checksum of its own.
static uint32_t fill(bool is_six)
{
    uint32_t ip = is_six ? 40 : 20, size = 14 + ip + 20 + PAYLOAD;
    for (uint32_t i = 0; i < MOST; i++) frame[i] = (uint8_t)(i * 7);
    frame[12] = is_six ? 0x86 : 0x08;
    frame[13] = is_six ? 0xdd : 0x00;
    frame[14] = is_six ? 0x60 : 0x45;
    frame[is_six ? 18 : 16] = 0;
    frame[is_six ? 19 : 17] = (uint8_t)(is_six ? 20 + PAYLOAD : size - 14);
    frame[is_six ? 20 : 23] = 6;
    if (!is_six) frame[20] = frame[21] = 0;
    return size;
}

// What a card does: the sum from there on, in its field.
static void complete(uint32_t start, uint32_t offset, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = start; i < size; i++)
        sum += (i - start) % 2 == 0 ? (uint32_t)frame[i] << 8 : frame[i];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    frame[start + offset] = (uint8_t)(~sum >> 8);
    frame[start + offset + 1] = (uint8_t)~sum;
}

static void check_left(bool is_six)
{
    uint32_t size = fill(is_six), tcp = 14 + (is_six ? 40 : 20), found, end;
    uint32_t said = frame_leave_sum(frame, size);
    EXPECT((said >> ETHERNET_SUM_START & 0xff) == tcp && said >> ETHERNET_SUM_AT == 16);
    EXPECT((said & ETHERNET_SIZE) == 0);
    EXPECT(frame_find_tcp(frame, size, &found, &end) && found == tcp && end == size);
    if (!is_six) {
        memset(frame + 24, 0, 2);
        complete(14, 10, 34);
    }
    EXPECT(frame_is_sound(frame, tcp, size, true));
    EXPECT(!frame_is_sound(frame, tcp, size, false));
    complete(tcp, 16, size);
    EXPECT(frame_is_sound(frame, tcp, size, false));
}

TEST("a card that adds up from where it is told makes the checksum of TCP")
{
    check_left(false);
    check_left(true);
}

TEST("no checksum is left to the card of what is no segment, of a piece, or of what is cut")
{
    static const struct {
        uint32_t at;
        uint8_t value;
    } changes[] = {{12, 9}, {14, 0x46}, {14, 0x65}, {20, 0x20},
                   {21, 1}, {23, 17},   {17, 39},   {16, 1}};
    uint8_t before[MOST];
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint32_t size = fill(false);
        frame[changes[i].at] = changes[i].value;
        memcpy(before, frame, MOST);
        EXPECT(frame_leave_sum(frame, size) == 0 && memcmp(before, frame, MOST) == 0);
    }
    for (uint32_t size = 0; size < fill(true); size++) {
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, frame, size);
        EXPECT(frame_leave_sum(exact, size) == 0);
        free(exact);
    }
}

TEST("a piece of a packet is none that a card can vouch for, whatever headers come before that")
{
    uint32_t size = fill(false);
    EXPECT(frame_is_whole(frame, size));
    frame[20] = 0x40; // it is not to be cut
    EXPECT(frame_is_whole(frame, size));
    frame[20] = 0x20; // more follow
    EXPECT(!frame_is_whole(frame, size));
    frame[20] = 0;
    frame[21] = 1; // the last
    EXPECT(!frame_is_whole(frame, size));

    size = fill(true);
    EXPECT(frame_is_whole(frame, size));
    frame[20] = 44;
    EXPECT(!frame_is_whole(frame, size));
    static const uint8_t before[] = {0, 43, 60};
    for (size_t i = 0; i < sizeof before; i++) {
        frame[20] = before[i];
        frame[55] = 1; // 16 bytes
        frame[54] = 6;
        EXPECT(frame_is_whole(frame, size));
        frame[54] = 44;
        EXPECT(!frame_is_whole(frame, size));
        frame[54] = 60;
        frame[54 + 16] = 44;
        EXPECT(!frame_is_whole(frame, size));
        frame[54 + 16] = 6;
        EXPECT(frame_is_whole(frame, size));
        frame[55] = UINT8_MAX; // the next one is not there
        EXPECT(!frame_is_whole(frame, size));
        EXPECT(!frame_is_whole(frame, 55));
    }
}
