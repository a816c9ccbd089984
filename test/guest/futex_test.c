// SPDX-License-Identifier: MIT
// Waiting on words of memory: what locks and condition variables stand on.
#include <guest/guest.h>

static _Atomic uint32_t word, woken;

static void wait_on_word(void *)
{
    if (fe_futex_wait((uintptr_t)&word, 0, guest_limit()) == OK) woken++;
}

// More urgent than the test, on its CPU: each runs at once, and until it waits.
static void wait_by_others(uint32_t count)
{
    word = woken = 0;
    guest_cpus(0, 1);
    for (uint32_t i = 0; i < count; i++)
        EXPECT(guest_thread(wait_on_word, nullptr, PRIORITY_DRIVER) == OK);
}

TEST("a word that has changed already is not waited for")
{
    uint32_t own = 5;
    EXPECT(fe_futex_wait((uintptr_t)&own, 4, FE_FOREVER) == ERR_AGAIN);
    EXPECT(fe_futex_wait((uintptr_t)&own, 5, fe_clock_after(MILLISECOND)) == ERR_TIMED_OUT);
}

TEST("as many are woken as were asked for")
{
    uint32_t count;
    wait_by_others(3);
    EXPECT(fe_futex_wake((uintptr_t)&word, 1, &count) == OK && count == 1);
    EXPECT(woken == 1);
    EXPECT(fe_futex_wake((uintptr_t)&word, 100, &count) == OK && count == 2);
    EXPECT(woken == 3);
    EXPECT(fe_futex_wake((uintptr_t)&word, 1, &count) == OK && count == 0);
}

TEST("waiters move to another word without waking")
{
    static _Atomic uint32_t other;
    uint32_t count;
    wait_by_others(2);
    EXPECT(fe_futex_requeue((uintptr_t)&word, 0, (uintptr_t)&other, &count) == OK && count == 0);
    EXPECT(fe_futex_wake((uintptr_t)&word, 100, &count) == OK && count == 0);
    EXPECT(fe_futex_wake((uintptr_t)&other, 100, &count) == OK && count == 2);
    EXPECT(woken == 2);
}

TEST("bad addresses are refused")
{
    uint32_t count;
    EXPECT(fe_futex_wait(kernel_address, 0, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait(unmapped_address, 0, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait((uintptr_t)&word + 1, 0, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_futex_wake(kernel_address, 1, &count) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_requeue((uintptr_t)&word, 1, kernel_address, &count) == ERR_BAD_ADDRESS);
}
