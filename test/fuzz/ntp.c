// SPDX-License-Identifier: MIT
// Feeds the time service with packets. An input is records of a packet (48 bytes; the request's
// stamp is made to fit unless its first byte is odd), the server's number and how long it was on
// its way (1 byte each): whatever servers say, the clock is stepped at most once by more than it
// may be.
#include "service/ntp/judge.c"
#include "service/ntp/packet.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : size_t { RECORD = PACKET_SIZE + 2, SERVERS = 3 };

static void told(struct clock *clock, const struct filter filters[SERVERS])
{
    const struct sample *samples[SERVERS];
    int64_t offset;
    bool is_first = !clock->is_set;
    for (size_t i = 0; i < SERVERS; i++) samples[i] = filter_best(&filters[i]);
    int best = judge(samples, SERVERS, &offset);
    if (best >= (int)SERVERS || (best >= 0 && samples[best] == nullptr)) abort();
    if (best < 0) return;
    int64_t step = clock_told(clock, offset);
    if (!is_first && size_of(step) > STEP_MOST) abort();
    if (size_of(clock->left) > STEP_LEAST) abort();
    for (int64_t left = clock->left; left != 0; left = clock->left) {
        int64_t part = clock_slew(clock);
        if (part == 0 || size_of(part) > SLEW_EACH || size_of(clock->left) >= size_of(left))
            abort();
        if (size_of(left) > 100 * SLEW_EACH) break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct filter filters[SERVERS] = {};
    struct clock clock = {};
    int64_t now = 1'800'000'000ll * SECOND;
    for (; size >= RECORD; input += RECORD, size -= RECORD) {
        uint8_t packet[PACKET_SIZE];
        struct reply reply;
        struct sample sample;
        memcpy(packet, input, PACKET_SIZE);
        uint64_t cookie = get(packet + AT_ORIGIN, 8) ^ (packet[0] & 1);
        packet[0] = (packet[0] & 0xf8) | MODE_SERVER;
        if (reply_read(packet, sizeof packet, cookie, &reply) != VERDICT_TIME) continue;
        if (cookie != get(packet + AT_ORIGIN, 8) || reply.stratum == 0) abort();
        if (reply.distance < 0 || reply.sent < reply.received) abort();
        int64_t way = input[PACKET_SIZE + 1] * (SECOND / 64);
        if (!sample_make(now, now + way, reply.received, reply.sent, &sample)) continue;
        if (sample.delay < 0) abort();
        sample.distance = reply.distance;
        filter_add(&filters[input[PACKET_SIZE] % SERVERS], &sample);
        told(&clock, filters);
    }
    return 0;
}
