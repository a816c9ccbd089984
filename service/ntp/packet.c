// SPDX-License-Identifier: MIT
// Packets of NTP.
#include "packet.h"

#include <string.h>

enum : uint8_t {
    VERSION = 4,
    OLDEST_VERSION = 3,
    MODE_CLIENT = 3,
    MODE_SERVER = 4,
    LEAP_UNKNOWN = 3
};
enum : size_t {
    AT_STRATUM = 1,
    AT_DELAY = 4,
    AT_DISPERSION = 8,
    AT_CODE = 12,
    AT_ORIGIN = 24,
    AT_RECEIVED = 32,
    AT_SENT = 40
};
enum : uint32_t { STRATUM_MOST = 15 };
enum : int64_t {
    SECOND = 1'000'000'000,
    TO_1970 = 2'208'988'800, // s from 1900
    OLDEST = 3'786'825'600,  // 2020 in seconds since 1900: what is less belongs to the next era
    DISTANCE_MOST = SECOND + SECOND / 2,
};

static uint64_t get(const uint8_t *from, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | from[i];
    return value;
}

// Seconds and parts of them, of 32 bits each.
static int64_t time_read(const uint8_t *from)
{
    int64_t seconds = (int64_t)get(from, 4), part = (int64_t)get(from + 4, 4);
    if (seconds < OLDEST) seconds += 1ll << 32;
    return (seconds - TO_1970) * SECOND + (part * SECOND >> 32);
}

// Seconds and parts of them, of 16 bits each.
static int64_t short_read(const uint8_t *from)
{
    return (int64_t)get(from, 4) * SECOND >> 16;
}

void request_write(uint8_t packet[PACKET_SIZE], uint64_t cookie)
{
    memset(packet, 0, PACKET_SIZE);
    packet[0] = VERSION << 3 | MODE_CLIENT;
    for (size_t i = 0; i < 8; i++) packet[AT_SENT + i] = (uint8_t)(cookie >> (56 - 8 * i));
}

static enum verdict kiss_read(const uint8_t *code)
{
    if (memcmp(code, "RATE", 4) == 0) return VERDICT_SLOWER;
    if (memcmp(code, "DENY", 4) == 0 || memcmp(code, "RSTR", 4) == 0) return VERDICT_NEVER;
    return VERDICT_LOST;
}

enum verdict reply_read(const uint8_t *packet, size_t size, uint64_t cookie, struct reply *reply)
{
    if (size < PACKET_SIZE || (packet[0] & 7) != MODE_SERVER) return VERDICT_WRONG;
    uint32_t version = packet[0] >> 3 & 7, leap = packet[0] >> 6;
    if (version < OLDEST_VERSION || version > VERSION) return VERDICT_WRONG;
    if (get(packet + AT_ORIGIN, 8) != cookie) return VERDICT_WRONG;
    reply->stratum = packet[AT_STRATUM];
    if (reply->stratum == 0) return kiss_read(packet + AT_CODE);
    reply->received = time_read(packet + AT_RECEIVED);
    reply->sent = time_read(packet + AT_SENT);
    reply->distance = short_read(packet + AT_DELAY) / 2 + short_read(packet + AT_DISPERSION);
    bool has_time = get(packet + AT_RECEIVED, 8) != 0 && get(packet + AT_SENT, 8) != 0;
    bool is_right = leap != LEAP_UNKNOWN && reply->stratum <= STRATUM_MOST &&
                    reply->sent >= reply->received && reply->distance < DISTANCE_MOST;
    return has_time && is_right ? VERDICT_TIME : VERDICT_LOST;
}
