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

TEST("a wait ends at its deadline, and not before")
{
    fe_handle event;
    uint64_t bits, deadline = fe_clock_after(20 * MILLISECOND);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_event_wait(event, 1, deadline, &bits) == ERR_TIMED_OUT);
    EXPECT(fe_clock_monotonic() >= deadline);
    EXPECT(fe_handle_close(event) == OK);
}

static void signal(void *argument)
{
    (void)!fe_event_signal(*(fe_handle *)argument, 0b10);
}

TEST("another thread's signal ends a wait")
{
    static fe_handle event;
    uint64_t bits;
    EXPECT(fe_event_create(&event) == OK);
    guest_cpus(0, 1);
    EXPECT(guest_thread(signal, &event, PRIORITY_DEFAULT / 2) == OK); // its turn comes in the wait
    EXPECT(fe_event_wait(event, 0b11, guest_limit(), &bits) == OK && bits == 0b10);
    guest_cpus(0, ALL_CPUS);
    EXPECT(fe_handle_close(event) == OK);
}

enum : uint32_t { CROWD = 100 };
static fe_handle crowd; // waits for it
static uint32_t woken[64], woken_count, woken_urgent;
enum : uintptr_t { URGENT = 0x100 }; // beside the bit that is waited for

static void wait_in_crowd(void *argument)
{
    uint64_t bits, bit = (uintptr_t)argument % 64;
    if (fe_event_wait(crowd, 1ull << bit, FE_FOREVER, &bits) != OK || bits != 1ull << bit) return;
    __atomic_fetch_add(&woken[bit], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&woken_count, 1, __ATOMIC_RELAXED);
    if (((uintptr_t)argument & URGENT) != 0) __atomic_fetch_add(&woken_urgent, 1, __ATOMIC_RELAXED);
}

TEST("any number may wait for an event, and a signal finds the one whom it is for")
{
    EXPECT(fe_event_create(&crowd) == OK);
    EXPECT(guest_turn_begin(PRIORITY_DRIVER));
    for (uint32_t i = 0; i < CROWD; i++)
        EXPECT(guest_thread(wait_in_crowd, (void *)1, PRIORITY_DEFAULT / 2) == OK);
    EXPECT(guest_thread(wait_in_crowd, (void *)0, PRIORITY_DEFAULT / 4) == OK);
    EXPECT(guest_let_run());
    EXPECT(fe_event_signal(crowd, 1) == OK);
    EXPECT(guest_let_run());
    EXPECT(woken[0] == 1 && woken_count == 1);
    for (uint32_t i = 0; i < CROWD; i++) EXPECT(fe_event_signal(crowd, 2) == OK);
    EXPECT(guest_let_run());
    EXPECT(woken[1] == CROWD && woken_count == CROWD + 1);
    EXPECT(guest_turn_end());
    EXPECT(fe_handle_close(crowd) == OK);
}

TEST("one signal wakes as many as it has bits for, the more urgent ones first")
{
    uint64_t bits;
    woken_count = 0;
    EXPECT(fe_event_create(&crowd) == OK);
    EXPECT(guest_turn_begin(PRIORITY_DRIVER));
    for (uintptr_t i = 0; i < 64; i++) {
        woken[i] = 0;
        EXPECT(guest_thread(wait_in_crowd, (void *)i, 2) == OK);
        EXPECT(guest_thread(wait_in_crowd, (void *)(i | URGENT), 3 + (uint32_t)i % 8) == OK);
    }
    EXPECT(guest_let_run());
    EXPECT(fe_event_signal(crowd, UINT64_MAX) == OK);
    EXPECT(guest_let_run());
    EXPECT(woken_count == 64 && woken_urgent == 64);
    EXPECT(fe_event_signal(crowd, UINT64_MAX) == OK);
    EXPECT(guest_let_run());
    EXPECT(woken_count == 128 && woken[0] == 2 && woken[63] == 2);
    EXPECT(fe_event_wait(crowd, UINT64_MAX, 0, &bits) == ERR_TIMED_OUT); // every bit went once
    EXPECT(guest_turn_end());
    EXPECT(fe_handle_close(crowd) == OK);
}

TEST("an armed event fires at its time, and again with its period")
{
    fe_handle event;
    uint64_t bits, first = fe_clock_after(10 * MILLISECOND);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_event_arm(event, 4, first, 10 * MILLISECOND) == OK);
    for (int i = 0; i < 3; i++) {
        EXPECT(fe_event_wait(event, 4, guest_limit(), &bits) == OK && bits == 4);
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
