// SPDX-License-Identifier: MIT
// How benchmarks measure. Under the emulator's counting clock a nanosecond is an instruction, the
// user side's stubs included. Whole rounds are timed together and their mean is told. What begins
// and ends within a round is timed by itself and added up: the counter may tick once in several
// instructions, so each round begins at another phase of it and the error goes out of the mean;
// what reading the counter takes is taken off.
#pragma once

#include <abi/clock.h>
#include <ferrite/counter.h>
#include <guest/guest.h>

enum : uint32_t { WARM_UP = 64, ROUNDS = 1024 };

static inline void report(const char *operation, uint64_t nanoseconds, uint64_t rounds)
{
    guest_print("BENCH %s %lu\n", operation, (unsigned long)((nanoseconds + rounds / 2) / rounds));
}

// Runs `body` WARM_UP + ROUNDS times, the rounds numbered by `i`, and reports the mean of the
// latter.
#define MEASURE(operation, body) MEASURE_EACH(operation, 1, body)

// The same where a round does the operation `times` times.
#define MEASURE_EACH(operation, times, body)                                                       \
    do {                                                                                           \
        uint64_t start = 0;                                                                        \
        for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {                                          \
            if (i == WARM_UP) start = fe_clock_monotonic();                                        \
            body;                                                                                  \
        }                                                                                          \
        report(operation, fe_clock_monotonic() - start, (uint64_t)ROUNDS * (times));               \
    } while (0)

// The parts of rounds that are timed by themselves. One thread begins, any may end.
struct spans {
    uint64_t begin, sum; // of the counter
    uint32_t count;      // that have ended, WARM_UP that do not count among them
    uint32_t noise;
};

// Takes a number of instructions that is another each time, then begins.
static inline void span_begin(volatile struct spans *spans)
{
    spans->noise = spans->noise * 1103515245 + 12345;
    for (uint32_t i = spans->noise >> 16 & 31; i > 0; i--) __asm__ volatile("");
    if (spans->noise >> 24 & 1) __asm__ volatile("nop");
    spans->begin = fe_counter();
}

static inline void span_end(volatile struct spans *spans)
{
    uint64_t end = fe_counter();
    if (spans->count++ >= WARM_UP) spans->sum += end - spans->begin;
}

static inline void spans_report(const char *operation, const volatile struct spans *spans)
{
    volatile struct spans empty = {};
    uintptr_t address;
    EXPECT(fe_clock_page(&address) == OK && fe_has_counter);
    EXPECT(spans->count == WARM_UP + ROUNDS);
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        span_begin(&empty);
        span_end(&empty);
    }
    uint64_t ticks = spans->sum > empty.sum ? spans->sum - empty.sum : 0;
    const struct fe_clock_page *clock = (const struct fe_clock_page *)address;
    report(operation, ticks * SECOND / clock->frequency, ROUNDS);
}
