// SPDX-License-Identifier: MIT
// What is made of the times that servers tell: of each server's samples the one that was least on
// its way, of the servers those that agree (RFC 5905, section 11.2.1), and of their time what
// happens to the clock. ns everywhere.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { SAMPLES = 8, SERVERS_MOST = 8 };

struct sample {
    int64_t offset;   // what the clock is behind
    int64_t delay;    // there and back
    int64_t distance; // how wrong the server may be
};

struct filter { // of one server
    struct sample samples[SAMPLES];
    uint32_t count, next;
};

// From when the request was sent and the reply came, by this clock, and the server's times. False:
// they cannot be.
bool sample_make(int64_t sent, int64_t came, int64_t far_came, int64_t far_sent,
                 struct sample *sample);
void filter_add(struct filter *filter, const struct sample *sample);
// The one with the least delay; nullptr: there is none.
const struct sample *filter_best(const struct filter *filter);

// The offset on which more than half of the servers agree: that of the best of them, whose number
// is given. -1: they do not.
int judge(const struct sample *const servers[], uint32_t count, int64_t *offset);

struct clock {        // how it is set
    int64_t left;     // still to be added, a little at a time
    uint32_t refused; // in a row: offsets too large to be believed
    bool is_set;      // by a server, once
};

enum : int64_t {
    STEP_LEAST = 128'000'000,           // what is more is not slewed
    STEP_MOST = 1000ll * 1'000'000'000, // what is more, later than at first, is not believed
    SLEW_EACH = 5'000,                  // at most, each SLEW_PERIOD: 500 ppm
    SLEW_PERIOD = 10'000'000,
};
enum : uint32_t {
    STEPS_ASKED = 3
}; // so often in a row it must be told before the clock is stepped

// The servers' offset. What is to be added to the clock at once; 0: nothing. It may then be slewed.
int64_t clock_told(struct clock *clock, int64_t offset);
// What is to be added after a period.
int64_t clock_slew(struct clock *clock);
