// SPDX-License-Identifier: MIT
// What is made of the times that servers tell.
#include "judge.h"

// Replies that take longer tell too little; also keeps sums within 64 bits.
enum : int64_t { DELAY_MOST = 4ll * 1'000'000'000, FAR_MOST = INT64_MAX / 4 };

static bool is_near(int64_t a, int64_t b)
{
    int64_t difference;
    return !__builtin_sub_overflow(a, b, &difference) && difference < FAR_MOST &&
           difference > -FAR_MOST;
}

bool sample_make(int64_t sent, int64_t came, int64_t far_came, int64_t far_sent,
                 struct sample *sample)
{
    if (!is_near(far_came, sent) || !is_near(far_sent, came)) return false;
    int64_t there = far_came - sent, back = far_sent - came;
    sample->offset = (there + back) / 2;
    sample->delay = there - back;
    if (came < sent || far_sent < far_came || sample->delay > DELAY_MOST) return false;
    if (sample->delay < 0) sample->delay = 0; // clocks that go differently
    return true;
}

void filter_add(struct filter *filter, const struct sample *sample)
{
    filter->samples[filter->next++ % SAMPLES] = *sample;
    if (filter->count < SAMPLES) filter->count++;
}

const struct sample *filter_best(const struct filter *filter)
{
    const struct sample *best = nullptr;
    for (uint32_t i = 0; i < filter->count; i++) {
        const struct sample *sample = &filter->samples[i];
        if (best == nullptr || sample->delay < best->delay) best = sample;
    }
    return best;
}

static int64_t reach(const struct sample *sample)
{
    enum : int64_t { LEAST = 1'000'000 }; // no clock is read more exactly than this over a network
    return sample->delay / 2 + sample->distance + LEAST;
}

// How many say that the time may be `offset`.
static uint32_t agree(const struct sample *const servers[], uint32_t count, int64_t offset)
{
    uint32_t agreed = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (servers[i] == nullptr || !is_near(servers[i]->offset, offset)) continue;
        int64_t difference = servers[i]->offset - offset;
        agreed += difference <= reach(servers[i]) && difference >= -reach(servers[i]);
    }
    return agreed;
}

int judge(const struct sample *const servers[], uint32_t count, int64_t *offset)
{
    uint32_t known = 0, most = 0;
    int best = -1;
    for (uint32_t i = 0; i < count; i++) known += servers[i] != nullptr;
    for (uint32_t i = 0; i < count; i++) {
        if (servers[i] == nullptr) continue;
        uint32_t agreed = agree(servers, count, servers[i]->offset);
        bool is_nearer = best >= 0 && reach(servers[i]) < reach(servers[best]);
        if (agreed < most || (agreed == most && !is_nearer)) continue;
        most = agreed;
        best = (int)i;
    }
    if (best < 0 || most * 2 <= known) return -1;
    *offset = servers[best]->offset;
    return best;
}

static int64_t size_of(int64_t offset)
{
    return offset < 0 ? -offset : offset;
}

int64_t clock_told(struct clock *clock, int64_t offset)
{
    bool is_first = !clock->is_set;
    if (size_of(offset) <= STEP_LEAST) {
        clock->left = offset;
        clock->refused = 0;
        clock->is_set = true;
        return 0;
    }
    if (!is_first && (size_of(offset) > STEP_MOST || ++clock->refused < STEPS_ASKED)) return 0;
    clock->left = 0;
    clock->refused = 0;
    clock->is_set = true;
    return offset;
}

int64_t clock_slew(struct clock *clock)
{
    int64_t part = clock->left;
    if (part > SLEW_EACH) part = SLEW_EACH;
    if (part < -SLEW_EACH) part = -SLEW_EACH;
    clock->left -= part;
    return part;
}
