// SPDX-License-Identifier: MIT
// How late the most urgent thread runs after a timer or a device's interrupt that it waits for,
// with nothing else to do and under load. Under the emulator's counting clock a nanosecond is an
// instruction, so the figures are instructions, to the clock's own step. A histogram is printed:
// lines `LATENCY name nanoseconds count`, read by tool/latency.
#include "load.h"
#include "source.h"
#include <ferrite/libc.h>

enum : uint32_t { BINS = 1u << 17, SHIFT = 3, IDLE_ROUNDS = 2'000, LOAD_ROUNDS = 30'000 };
enum : uint32_t { INTERRUPT_ROUNDS = 6'000, STEPS_SPREAD = 512 };
enum : uint64_t { WAIT_LEAST = 20'000, WAIT_SPREAD = 1u << 17, WARM_UP = 64 }; // ns

static uint32_t bin[BINS]; // of 2^SHIFT ns; the last has everything above
static const char *name;
static uint32_t rounds;
static fe_handle done;

int guest_child(const char *role)
{
    return load_run(role);
}

static void report(void)
{
    for (uint32_t i = 0; i < BINS; i++) {
        if (bin[i] == 0) continue;
        guest_print("LATENCY %s %u %u\n", name, i << SHIFT, bin[i]);
        bin[i] = 0;
    }
}

// xorshift64, by Marsaglia: deadlines fall anywhere in what the others do.
static uint64_t draw(void)
{
    static uint64_t state = 0x9e37'79b9'7f4a'7c15;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void count(uint64_t late)
{
    bin[late >> SHIFT < BINS ? late >> SHIFT : BINS - 1]++;
}

// Waits for `rounds` timers and counts how late each was; none is early.
static void measure_timer(void *)
{
    fe_handle event;
    uint64_t bits;
    bool good = fe_event_create(&event) == OK;
    for (uint32_t i = 0; good && i < WARM_UP + rounds; i++) {
        uint64_t deadline = fe_clock_monotonic() + WAIT_LEAST + draw() % WAIT_SPREAD;
        good = fe_event_arm(event, 1, deadline, 0) == OK &&
               fe_event_wait(event, 1, FE_FOREVER, &bits) == OK;
        uint64_t now = fe_clock_monotonic();
        good = good && now >= deadline;
        if (i >= WARM_UP) count(now - deadline);
    }
    (void)!fe_event_signal(done, good ? 1 : 2);
}

static fe_handle interrupt, interrupt_event;

static bool take_interrupt(void)
{
    uint64_t bits;
    bool good = fe_event_wait(interrupt_event, 1, FE_FOREVER, &bits) == OK;
    source_lower();
    return good && fe_interrupt_acknowledge(interrupt) == OK;
}

// The same for interrupts: one at once, which tells the instant from which the next is held back,
// and then that one. What is between reading the clock and the first counts as late too.
static void measure_interrupt(void *)
{
    bool good = true;
    uint64_t bits;
    for (uint32_t i = 0; good && i < WARM_UP + rounds; i++) {
        uint32_t steps = (uint32_t)(SOURCE_LEAST + draw() % STEPS_SPREAD);
        uint64_t start = fe_clock_monotonic(), due = start + steps * SOURCE_STEP;
        source_raise(steps);
        good = take_interrupt();
        source_raise_later();
        good = good && fe_event_wait(interrupt_event, 1, FE_FOREVER, &bits) == OK;
        uint64_t now = fe_clock_monotonic();
        source_lower();
        good = good && now >= due && fe_interrupt_acknowledge(interrupt) == OK;
        if (i >= WARM_UP) count(now - due);
        fe_clock_sleep_until(due + (steps + 1) * SOURCE_STEP); // until it may come at once again
    }
    (void)!fe_event_signal(done, good ? 1 : 2);
}

static bool measure_as(const char *called, uint32_t times, void (*measure)(void *))
{
    uint64_t bits = 0;
    name = called;
    rounds = times;
    if (fe_event_create(&done) != OK) return false;
    if (guest_thread(measure, nullptr, PRIORITY_COUNT - 1) != OK) return false;
    if (fe_event_wait(done, 3, FE_FOREVER, &bits) != OK) return false;
    report();
    return fe_handle_close(done) == OK && bits == 1;
}

static bool device_open(void)
{
    return source_open(&interrupt) && fe_event_create(&interrupt_event) == OK &&
           fe_interrupt_bind(interrupt, interrupt_event, 1) == OK;
}

TEST("a timer and a device with nothing else to do")
{
    EXPECT(device_open());
    EXPECT(measure_as("timer_idle", IDLE_ROUNDS, measure_timer));
    EXPECT(measure_as("interrupt_idle", IDLE_ROUNDS, measure_interrupt));
}

TEST("a timer and a device under load")
{
    struct fe_child child[LOAD_COUNT];
    EXPECT(load_start(child) == OK);
    EXPECT(measure_as("timer_load", LOAD_ROUNDS, measure_timer));
    EXPECT(measure_as("interrupt_load", INTERRUPT_ROUNDS, measure_interrupt));
    for (uint32_t i = 0; i < LOAD_COUNT; i++) {
        struct fe_process_info info;
        EXPECT(fe_process_inspect(child[i].process, &info) == OK);
        EXPECT(info.state == PROCESS_RUNNING); // it was a load to the end
        guest_print("load %u ran %lu us\n", i, (unsigned long)(info.cpu_time / 1000));
        EXPECT(fe_process_kill(child[i].process, 0) == OK);
        EXPECT(guest_wait(&child[i], &info) == OK);
    }
}
