// SPDX-License-Identifier: MIT
// A thread that waits in a call on one CPU, which cleans up meanwhile, is woken and runs on another
// one, is pushed out there, and comes back: its registers are its own wherever it goes on.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint64_t { DURATION = 3 * SECOND, PERIOD = MILLISECOND / 10 };
enum : uint32_t { LITTER = 8 << 20, CALLS = 32, DEPTH = 12, URGENT = 50 };

static fe_handle channel, session;
static _Atomic uint32_t answers, wrong, over;

// So deep that who returns with an older stack pointer, or older registers, does not get far.
[[gnu::noinline]] static uint64_t sum(volatile uint64_t *from, uint32_t depth)
{
    volatile uint64_t own = *from + depth;
    if (depth == 0) return own;
    uint64_t below = sum(&own, depth - 1), above = own;
    return below + above;
}

// What sum(0, DEPTH) is: own of the depth d is DEPTH + ... + d.
static uint64_t expected(void)
{
    uint64_t own = 0, all = 0;
    for (uint32_t depth = DEPTH + 1; depth-- > 0;) all += own += depth;
    return all;
}

// Waits by a call of its own, apart from the answer.
static void serve(void *)
{
    struct fe_message message = {};
    uint64_t right = expected();
    while (fe_channel_receive(channel, &message, FE_FOREVER) == OK && message.label < FE_NOTICE) {
        volatile uint64_t start = 0;
        for (uint32_t i = 0; i < 200; i++) wrong += sum(&start, DEPTH) != right;
        answers++;
        if (fe_channel_reply(channel, &message) != OK) break;
    }
    over++;
}

// Leaves something to clean up, and asks meanwhile.
static void ask(void *)
{
    uint64_t end = fe_clock_after(DURATION);
    for (uint32_t i = 0; (i < 2 || fe_clock_monotonic() < end) && wrong == 0; i++) {
        struct fe_message message = {.label = 1};
        void *litter;
        if (fe_memory_allocate(LITTER, &litter) != OK) break;
        for (size_t at = 0; at < LITTER; at += FE_PAGE_SIZE) ((char *)litter)[at] = 1;
        wrong += fe_memory_unmap(litter, LITTER) != OK;
        for (uint32_t call = 0; call < CALLS; call++)
            wrong += fe_channel_call(session, &message, FE_FOREVER) != OK;
    }
    over++;
}

// Pushes out whoever runs on its CPU, again and again.
static void push(void *)
{
    uint64_t end = fe_clock_after(DURATION);
    while (fe_clock_monotonic() < end) fe_clock_sleep_until(fe_clock_after(PERIOD));
    over++;
}

TEST("who waits on a CPU that cleans up, and has run elsewhere since, comes back as himself")
{
    uint64_t id;
    uint32_t last = guest_cpu_count() - 1;
    EXPECT(fe_channel_create(&channel) == OK && fe_channel_mint(channel, 1, &session, &id) == OK);
    EXPECT(guest_thread(serve, nullptr, 0) == OK);
    guest_cpus(last, 1);
    EXPECT(guest_thread(ask, nullptr, 0) == OK && guest_thread(push, nullptr, URGENT) == OK);
    guest_cpus(0, ALL_CPUS);
    EXPECT(guest_reaches(&over, 2) && wrong == 0 && answers >= 2);
    EXPECT(fe_handle_close(session) == OK && guest_reaches(&over, 3));
    guest_print("%u answers\n", answers);
    EXPECT(fe_handle_close(channel) == OK);
}
