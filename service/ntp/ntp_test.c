// SPDX-License-Identifier: MIT
// Replies as time servers send them, and as those who would deceive do; servers that do not agree;
// what happens to the clock.
#include "test/unit.h"

#include "judge.h"
#include "packet.h"
#include <string.h>

static const uint64_t cookie = 0x0123456789abcdef;
static uint8_t packet[PACKET_SIZE];
static struct reply reply;
static const int64_t second = 1'000'000'000;

// Of a server of stratum 2, which had the request at half past the second.
static void answer(void)
{
    request_write(packet, cookie);
    memcpy(packet + 24, packet + 40, 8);
    packet[0] = 0x24;
    packet[1] = 2;
    memcpy(packet + 4, (uint8_t[]){0, 0, 0x80, 0, 0, 0, 0x40, 0}, 8); // 1/2 and 1/4 of a second
    memcpy(packet + 32, (uint8_t[]){0xe9, 0x3c, 0x78, 0x00, 0x80, 0, 0, 0}, 8);
    memcpy(packet + 40, (uint8_t[]){0xe9, 0x3c, 0x78, 0x01, 0, 0, 0, 0}, 8);
}

static enum verdict heard(void)
{
    return reply_read(packet, sizeof packet, cookie, &reply);
}

TEST("a reply tells when the server had the request and sent it, and how wrong it may be")
{
    answer();
    EXPECT(heard() == VERDICT_TIME && reply.stratum == 2);
    int64_t base = (0xe93c7800ll - 2'208'988'800) * second;
    EXPECT(reply.received == base + second / 2 && reply.sent == base + second);
    EXPECT(reply.distance == second / 2);
}

TEST("times after 2036 are understood")
{
    answer();
    memcpy(packet + 32, (uint8_t[]){0, 0, 0, 1, 0, 0, 0, 0}, 8);
    memcpy(packet + 40, (uint8_t[]){0, 0, 0, 2, 0, 0, 0, 0}, 8);
    EXPECT(heard() == VERDICT_TIME && reply.received == (0x100000001ll - 2'208'988'800) * second);
}

TEST("what does not answer this request is passed over")
{
    for (uint32_t bit = 0; bit < 64; bit++) {
        answer();
        packet[24 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        EXPECT(heard() == VERDICT_WRONG);
    }
    static const uint8_t heads[] = {0x23, 0x25, 0x14, 0x2c, 0x00, 0xff};
    for (size_t i = 0; i < sizeof heads; i++) {
        answer();
        packet[0] = heads[i];
        EXPECT(heard() == VERDICT_WRONG);
    }
    answer();
    for (size_t size = 0; size < PACKET_SIZE; size++)
        EXPECT(reply_read(packet, size, cookie, &reply) == VERDICT_WRONG);
}

TEST("a reply to the last request, which comes late, is passed over")
{
    answer();
    EXPECT(reply_read(packet, sizeof packet, cookie + 1, &reply) == VERDICT_WRONG);
}

TEST("a kiss of death is heeded, when it answers the request")
{
    answer();
    packet[1] = 0;
    memcpy(packet + 12, "RATE", 4);
    EXPECT(heard() == VERDICT_SLOWER);
    memcpy(packet + 12, "DENY", 4);
    EXPECT(heard() == VERDICT_NEVER);
    memcpy(packet + 12, "RSTR", 4);
    EXPECT(heard() == VERDICT_NEVER);
    memcpy(packet + 12, "INIT", 4);
    EXPECT(heard() == VERDICT_LOST);
    memcpy(packet + 12, "DENY", 4);
    EXPECT(reply_read(packet, sizeof packet, 1, &reply) == VERDICT_WRONG);
}

TEST("a server that does not know the time is not believed")
{
    static const struct {
        uint8_t at, byte;
    } changes[] = {{0, 0xe4}, {1, 16}, {5, 3}, {9, 2}, {35, 2}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        answer();
        packet[changes[i].at] = changes[i].byte;
        EXPECT(heard() == VERDICT_LOST);
    }
    answer();
    memset(packet + 40, 0, 8);
    EXPECT(heard() == VERDICT_LOST);
}

TEST("the offset is half of what both ways seem to differ by")
{
    struct sample sample;
    EXPECT(sample_make(1000, 1400, 6100, 6200, &sample));
    EXPECT(sample.offset == 4950 && sample.delay == 300);
    EXPECT(!sample_make(1400, 1000, 6100, 6200, &sample));
    EXPECT(!sample_make(1000, 1400, 6200, 6100, &sample));
    EXPECT(!sample_make(0, 5 * second, 0, 0, &sample));
    EXPECT(!sample_make(INT64_MIN, 0, INT64_MAX, INT64_MAX, &sample));
}

TEST("of a server's samples the one that was least on its way counts, of the last eight")
{
    struct filter filter = {};
    EXPECT(filter_best(&filter) == nullptr);
    filter_add(&filter, &(struct sample){.offset = 1, .delay = 10});
    for (int64_t i = 0; i < 7; i++) filter_add(&filter, &(struct sample){.offset = 2, .delay = 20});
    EXPECT(filter_best(&filter)->offset == 1);
    filter_add(&filter, &(struct sample){.offset = 3, .delay = 15});
    EXPECT(filter_best(&filter)->offset == 3);
}

TEST("the servers that agree have the time, if they are more than half")
{
    struct sample right = {.offset = 100, .delay = 50}, nearer = {.offset = 90, .delay = 10};
    struct sample wrong = {.offset = 5 * second, .delay = 1};
    struct sample other = {.offset = -5 * second, .delay = 1};
    int64_t offset;
    EXPECT(judge((const struct sample *[]){&right, &wrong, &nearer}, 3, &offset) == 2 &&
           offset == 90);
    EXPECT(judge((const struct sample *[]){&right, nullptr}, 2, &offset) == 0);
    EXPECT(judge((const struct sample *[]){&right, &wrong}, 2, &offset) == -1);
    EXPECT(judge((const struct sample *[]){&right, &wrong, &other}, 3, &offset) == -1);
    EXPECT(judge((const struct sample *[]){nullptr}, 1, &offset) == -1);
}

TEST("the clock is stepped at first, then slewed, and what is far off is not believed")
{
    struct clock clock = {};
    EXPECT(clock_told(&clock, 10'000 * second) == 10'000 * second && clock.is_set);
    EXPECT(clock_told(&clock, 12'000) == 0);
    EXPECT(clock_slew(&clock) == 5000 && clock_slew(&clock) == 5000 && clock_slew(&clock) == 2000);
    EXPECT(clock_slew(&clock) == 0);
    EXPECT(clock_told(&clock, -7000) == 0 && clock_slew(&clock) == -5000);
    for (int i = 0; i < 10; i++) EXPECT(clock_told(&clock, 10'000 * second) == 0);
    clock.refused = 0;
    EXPECT(clock_told(&clock, second) == 0 && clock_told(&clock, second) == 0);
    EXPECT(clock_told(&clock, second) == second && clock.left == 0);
}
