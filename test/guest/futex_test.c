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

static fe_handle shared, gate;
static _Atomic uint32_t *views[2];

// Without an MMU the second place is the first.
static void map_twice(void)
{
    enum : uint32_t { BOTH = MAP_READ | MAP_WRITE };
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &shared) == OK);
    EXPECT(fe_memory_map(shared, 0, FE_PAGE_SIZE, BOTH, (void **)&views[0]) == OK);
    views[1] = views[0];
    EXPECT(!guest_translates ||
           fe_memory_map(shared, 0, FE_PAGE_SIZE, BOTH, (void **)&views[1]) == OK);
    *views[0] = 0;
    woken = 0;
}

static void unmap(uint32_t view)
{
    EXPECT(fe_memory_unmap((void *)views[view], FE_PAGE_SIZE) == OK);
}

static void wait_on_view(void *)
{
    if (fe_futex_wait_shared((uintptr_t)views[0], 0, guest_limit()) == OK) woken++;
}

TEST("a word that is mapped elsewhere, too, is the same word")
{
    uint32_t count;
    map_twice();
    guest_cpus(0, 1);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT(guest_thread(wait_on_view, nullptr, PRIORITY_DRIVER) == OK);
    EXPECT(fe_futex_wake((uintptr_t)views[1], 100, &count) == OK && count == 0);
    EXPECT(fe_futex_wake_shared((uintptr_t)views[1] + 4, 100, &count) == OK && count == 0);
    EXPECT(fe_futex_wake_shared((uintptr_t)views[1], 2, &count) == OK && count == 2 && woken == 2);
    EXPECT(fe_futex_wake_shared((uintptr_t)views[1], 100, &count) == OK && count == 8);
    EXPECT(woken == 10);
    EXPECT(fe_futex_wait_shared((uintptr_t)views[1], 1, FE_FOREVER) == ERR_AGAIN);
    EXPECT(fe_futex_wait_shared((uintptr_t)views[1], 0, fe_clock_after(MILLISECOND)) ==
           ERR_TIMED_OUT);
    unmap(0);
    if (guest_translates) unmap(1);
    fe_handle_drop(&shared);
}

TEST("who has unmapped the word that he waits on takes nobody's turn")
{
    uint32_t count;
    if (!guest_translates) return; // no other place is left to wake it from
    map_twice();
    guest_cpus(0, 1);
    EXPECT(guest_thread(wait_on_view, nullptr, PRIORITY_DRIVER) == OK);
    unmap(0);
    EXPECT(fe_futex_wake_shared((uintptr_t)views[1], 1, &count) == OK && count == 0);
    EXPECT(woken == 1);
    unmap(1);
    fe_handle_drop(&shared);
}

TEST("bad addresses are refused")
{
    uint32_t count;
    EXPECT(fe_futex_wait(kernel_address, 0, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait(unmapped_address, 0, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait((uintptr_t)&word + 1, 0, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_futex_wake(kernel_address, 1, &count) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait_shared(kernel_address, 0, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait_shared((uintptr_t)&word + 1, 0, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_futex_wake_shared(unmapped_address, 1, &count) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_requeue((uintptr_t)&word, 1, kernel_address, &count) == ERR_BAD_ADDRESS);
}

static _Atomic uint32_t owner_number;
static _Atomic enum status owned_status;

static void own_and_end(void *)
{
    uint64_t bits, id;
    if (fe_futex_own_shared() != OK) return;
    if (fe_futex_own_shared() != OK) return; // said again
    if (fe_thread_current(&id) != OK) return;
    *views[0] = owner_number = (uint32_t)id & LOCK_OWNER;
    if (fe_event_wait(gate, 1, guest_limit(), &bits) != OK) return;
}

static void wait_for_owner(void *)
{
    owned_status = fe_futex_wait_owned((uintptr_t)views[0], owner_number, guest_limit());
    if (owned_status == ERR_OWNER_DEAD) woken++;
}

TEST("who waits for a word is told that its owner ended, and others are not found by a number")
{
    uint32_t count, self;
    uint64_t id = 0;
    EXPECT(fe_thread_current(&id) == OK);
    self = (uint32_t)id & LOCK_OWNER;
    map_twice();
    guest_cpus(0, 1);
    EXPECT(fe_event_create(&gate) == OK);
    EXPECT(guest_thread(own_and_end, nullptr, PRIORITY_DRIVER) == OK && owner_number != 0);
    uintptr_t at = (uintptr_t)views[1];
    EXPECT(fe_futex_wait_owned(at, owner_number + 1, 0) == ERR_AGAIN);
    EXPECT(fe_futex_wait_owned(at, owner_number, 0) == ERR_TIMED_OUT);
    for (uint32_t i = 0; i < 10; i++)
        EXPECT(guest_thread(wait_for_owner, nullptr, PRIORITY_DRIVER) == OK);
    EXPECT(fe_futex_wake_shared(at, 1, &count) == OK && count == 1 && owned_status == OK);
    EXPECT(woken == 0 && fe_event_signal(gate, 1) == OK);
    EXPECT(guest_reaches(&woken, 9));
    EXPECT(fe_futex_wait_owned(at, owner_number, FE_FOREVER) == ERR_OWNER_DEAD);
    *views[0] = self; // who has not said that it owns words is not to be waited for
    EXPECT(fe_futex_wait_owned(at, self, 0) == ERR_OWNER_DEAD);
    EXPECT(fe_futex_own_shared() == OK);
    EXPECT(fe_futex_wait_owned(at, self, FE_FOREVER) == ERR_DEADLOCK);
    EXPECT(fe_futex_wait_owned(kernel_address, 0, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_wait_owned(at + 1, 0, 0) == ERR_BAD_ARGUMENT);
    unmap(0);
    if (guest_translates) unmap(1);
    fe_handle_drop(&shared);
    fe_handle_drop(&gate);
}
