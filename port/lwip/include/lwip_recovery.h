// SPDX-License-Identifier: MIT
// What a connection remembers to find lost segments: see recovery.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tcp_pcb;

struct lwip_recovery {
    uint32_t sent_at, sent_end;      // of what was sent last among what has arrived there
    uint32_t highest_end;            // the furthest that has arrived there
    uint32_t recover;                // recovery ends when this is acknowledged
    uint32_t probe_end;              // a probe went out when the stream ended here
    uint32_t round_trip, smooth;     // ms: of what was sent last; smoothed, times 8
    uint32_t shortest;               // ms: the least seen
    uint32_t active_at;              // sys_now(), when something was sent or acknowledged
    uint32_t check_at;               // when to look again; of use while has_check
    uint8_t mode;                    // enum recovery_mode
    bool has_delivery, has_samples;  // the fields above are of use
    bool has_check, has_probed;      // probe_end is of use
    bool has_probed_again;           // the probe was sent for the second time
    bool has_overtaking;             // segments have arrived in another order here
    bool may_send;                   // something has arrived there: one may follow, in any case
};
