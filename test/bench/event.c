// SPDX-License-Identifier: MIT
// What events cost: a signal that changes nothing but the event, one that makes a less urgent
// thread ready, one that a more urgent thread is switched to by, and a timer's.
#include "measure.h"

static fe_handle wanted, done;
static volatile struct spans spans;

static bool create(void)
{
    spans = (struct spans){};
    return fe_event_create(&wanted) == OK && fe_event_create(&done) == OK;
}

static bool destroy(void)
{
    return fe_handle_close(wanted) == OK && fe_handle_close(done) == OK;
}

TEST("a signal that nobody waits for")
{
    EXPECT(create());
    MEASURE("event_signal_idle", EXPECT(fe_event_signal(wanted, 1) == OK));
    EXPECT(destroy());
}

static void wait_all(void *)
{
    uint64_t bits;
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        if (fe_event_wait(wanted, 1, FE_FOREVER, &bits) != OK) return;
    }
    (void)!fe_event_signal(done, 1);
}

TEST("a signal to a waiting, less urgent thread, which does not run yet")
{
    enum : uint64_t { UNTIL_IT_WAITS = MILLISECOND / 10 };
    uint64_t bits;
    EXPECT(create());
    EXPECT(guest_thread(wait_all, nullptr, PRIORITY_DEFAULT / 2) == OK);
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        fe_clock_sleep_until(fe_clock_after(UNTIL_IT_WAITS));
        span_begin(&spans);
        EXPECT(fe_event_signal(wanted, 1) == OK);
        span_end(&spans);
    }
    EXPECT(fe_event_wait(done, 1, fe_clock_after(10 * SECOND), &bits) == OK);
    EXPECT_ALL(spans_report("event_signal", &spans));
    EXPECT(destroy());
}

static void urgent(void *)
{
    uint64_t bits;
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        if (fe_event_wait(wanted, 1, FE_FOREVER, &bits) != OK) return;
        span_end(&spans);
    }
    (void)!fe_event_signal(done, 1);
}

TEST("a signal to a waiting, more urgent thread, until it runs")
{
    uint64_t bits;
    EXPECT(create());
    EXPECT(guest_thread(urgent, nullptr, PRIORITY_DRIVER) == OK);
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        span_begin(&spans);
        EXPECT(fe_event_signal(wanted, 1) == OK);
    }
    EXPECT(fe_event_wait(done, 1, fe_clock_after(10 * SECOND), &bits) == OK);
    EXPECT_ALL(spans_report("event_wakeup", &spans));
    EXPECT(destroy());
}

TEST("a timer's signal, until the thread that waits for it runs")
{
    uint64_t bits, late = 0;
    EXPECT(create());
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        uint64_t deadline = fe_clock_monotonic() + MILLISECOND / 10;
        EXPECT(fe_event_arm(wanted, 1, deadline, 0) == OK);
        EXPECT(fe_event_wait(wanted, 1, FE_FOREVER, &bits) == OK);
        if (i >= WARM_UP) late += fe_clock_monotonic() - deadline;
    }
    report("timer_to_thread", late, ROUNDS);
    EXPECT(destroy());
}
