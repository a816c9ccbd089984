// SPDX-License-Identifier: MIT
// Events: bits that wait for somebody, somebody who waits for bits, and deadlines.
#include <guest/guest.h>

TEST("bits that are set already end a wait at once, and are cleared by it")
{
    fe_handle event;
    uint64_t bits;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_event_signal(event, 0b101) == OK);
    EXPECT(fe_event_wait(event, 0b001, FE_FOREVER, &bits) == OK && bits == 0b001);
    EXPECT(fe_event_wait(event, 0b111, 0, &bits) == OK && bits == 0b100);
    EXPECT(fe_event_wait(event, 0b111, 0, &bits) == ERR_TIMED_OUT);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("a wait ends at its deadline, not before and not much after")
{
    fe_handle event;
    uint64_t bits, deadline = fe_clock_after(20 * MILLISECOND);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_event_wait(event, 1, deadline, &bits) == ERR_TIMED_OUT);
    uint64_t now = fe_clock_monotonic();
    EXPECT(now >= deadline && now < deadline + SECOND);
    EXPECT(fe_handle_close(event) == OK);
}

static void signal_later(void *argument)
{
    fe_clock_sleep_until(fe_clock_after(5 * MILLISECOND));
    (void)!fe_event_signal(*(fe_handle *)argument, 0b10);
}

TEST("another thread's signal ends a wait")
{
    static fe_handle event;
    uint64_t bits;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(guest_thread(signal_later, &event, 0) == OK);
    EXPECT(fe_event_wait(event, 0b11, fe_clock_after(10 * SECOND), &bits) == OK && bits == 0b10);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("an armed event fires at its time, and again with its period")
{
    fe_handle event;
    uint64_t bits, first = fe_clock_after(10 * MILLISECOND);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_event_arm(event, 4, first, 10 * MILLISECOND) == OK);
    for (int i = 0; i < 3; i++) {
        EXPECT(fe_event_wait(event, 4, fe_clock_after(10 * SECOND), &bits) == OK && bits == 4);
        EXPECT(fe_clock_monotonic() >= first + (uint64_t)i * 10 * MILLISECOND);
    }
    EXPECT(fe_event_arm(event, 4, FE_FOREVER, 0) == OK);
    (void)!fe_event_wait(event, 4, 0, &bits);
    EXPECT(fe_event_wait(event, 4, fe_clock_after(30 * MILLISECOND), &bits) == ERR_TIMED_OUT);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("signalling and waiting each need their right")
{
    fe_handle event;
    uint64_t bits;
    EXPECT(fe_event_create(&event) == OK);
    fe_handle waiter = guest_weaken(event, RIGHT_EVENT_WAIT);
    fe_handle signaller = guest_weaken(event, RIGHT_EVENT_SIGNAL);
    EXPECT(fe_event_signal(waiter, 1) == ERR_NO_RIGHT);
    EXPECT(fe_event_arm(waiter, 1, 0, 0) == ERR_NO_RIGHT);
    EXPECT(fe_event_wait(signaller, 1, 0, &bits) == ERR_NO_RIGHT);
    EXPECT(fe_event_signal(signaller, 1) == OK);
    EXPECT(fe_event_wait(waiter, 1, 0, &bits) == OK);
    EXPECT(fe_handle_close(waiter) == OK);
    EXPECT(fe_handle_close(signaller) == OK);
    EXPECT(fe_handle_close(event) == OK);
}
