// SPDX-License-Identifier: MIT
// Packets of NTP (RFC 5905, section 7.3), of one who asks: a request, and what may be believed of a
// reply. Times are ns since 1970.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { PACKET_SIZE = 48 };

enum verdict : uint32_t {
    VERDICT_WRONG,  // no reply to this request: to be passed over
    VERDICT_TIME,   // a server that knows the time
    VERDICT_LOST,   // one that does not
    VERDICT_SLOWER, // a kiss of death: it wants to be asked less often
    VERDICT_NEVER,  // ... or not at all
};

struct reply {
    int64_t received, sent; // by the server
    int64_t distance;       // ns: how wrong the server may be itself
    uint32_t stratum;
};

// `cookie` is what the reply must bring back: random, so that nobody can reply who has not seen the
// request.
void request_write(uint8_t packet[PACKET_SIZE], uint64_t cookie);
enum verdict reply_read(const uint8_t *packet, size_t size, uint64_t cookie, struct reply *reply);
