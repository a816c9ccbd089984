// SPDX-License-Identifier: MIT
// Whether CPUs stand in each other's way: pairs of client and server in address spaces of their
// own, each pair on a CPU of its own, call without pause. Under the counting clock CPUs run in
// turns and a nanosecond is an instruction of whichever runs. So what a call takes, waiting for
// others included, is the time divided by the calls of all pairs: n pairs have n times one pair's
// throughput when that stays the same. In turns CPUs seldom meet, and where their turns fall stays
// as it began: the mean of several beginnings is taken. How much they would meet is told by the
// part of the time for which one has the kernel to itself.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint32_t {
    PAIRS_MAX = 4,
    WARM_UP = 64,
    CALLS = 10'000,
    BEGINNINGS = 4,
    STEP = 5, // calls more before each
    PARTS = 1000
};

static struct pair {
    fe_handle session;
    struct fe_child server;
    enum status status;
} pairs[PAIRS_MAX];

static fe_handle gate;
static _Atomic uint32_t waiting, done;
static uint32_t beginning;

int guest_child(const char *)
{
    fe_handle channel = fe_start_handle("channel");
    struct fe_message message = {};
    enum status status = fe_channel_receive(channel, &message, FE_FOREVER);
    while (status == OK && message.label < FE_NOTICE)
        status = fe_channel_reply_receive(channel, &message);
    return 0;
}

static enum status call_often(fe_handle session, uint32_t count)
{
    struct fe_message message = {};
    for (uint32_t i = 0; i < count; i++) {
        message.label = 1;
        TRY(fe_channel_call(session, &message, FE_FOREVER));
    }
    return OK;
}

static void call(void *argument)
{
    struct pair *pair = argument;
    uint64_t bits;
    pair->status = call_often(pair->session, WARM_UP + beginning * STEP);
    waiting++;
    if (pair->status == OK)
        pair->status = fe_event_wait(gate, 1ull << (pair - pairs), FE_FOREVER, &bits);
    if (pair->status == OK) pair->status = call_often(pair->session, CALLS);
    done++;
    (void)!fe_event_signal(gate, 1ull << 32);
}

static enum status pair_start(uint32_t number)
{
    struct pair *pair = &pairs[number];
    fe_handle channel;
    uint64_t id;
    TRY(fe_thread_affinity(fe_start_handle("thread"), number, 1));
    TRY(fe_channel_create(&channel));
    TRY(fe_channel_mint(channel, 1, &pair->session, &id));
    struct fe_spawn_handle handle = {"channel", channel, 0, false};
    TRY(guest_spawn("serve", &handle, 1, &pair->server));
    return guest_thread(call, pair, 0);
}

// For which all CPUs had the kernel to themselves, ns.
static uint64_t lock_time(void)
{
    uint64_t sum = 0;
    struct fe_cpu_info info;
    for (uint32_t i = 0; fe_cpu_inspect(guest_resource("system"), i, &info) == OK; i++)
        sum += info.lock_time;
    return sum;
}

struct figures {
    uint64_t each, locked; // ns for a call; parts of a thousand of the time
};

static enum status run_once(uint32_t count, struct figures *figures)
{
    uint64_t bits;
    waiting = done = 0;
    for (uint32_t i = 0; i < count; i++) TRY(pair_start(i));
    TRY(fe_thread_affinity(fe_start_handle("thread"), 0, ALL_CPUS));
    while (waiting < count) fe_clock_sleep_until(fe_clock_after(MILLISECOND));
    fe_clock_sleep_until(fe_clock_after(MILLISECOND));
    uint64_t locked = lock_time(), start = fe_clock_monotonic();
    TRY(fe_event_signal(gate, (1ull << count) - 1));
    while (done < count) TRY(fe_event_wait(gate, 1ull << 32, FE_FOREVER, &bits));
    uint64_t time = fe_clock_monotonic() - start;
    figures->each += (time + CALLS * count / 2) / ((uint64_t)CALLS * count);
    figures->locked += (lock_time() - locked) * PARTS / time;
    for (uint32_t i = 0; i < count; i++) {
        struct fe_process_info info;
        TRY(pairs[i].status);
        TRY(fe_handle_close(pairs[i].session));
        TRY(guest_wait(&pairs[i].server, &info));
    }
    return OK;
}

static enum status run(uint32_t count, struct figures *figures)
{
    *figures = (struct figures){};
    for (beginning = 0; beginning < BEGINNINGS; beginning++) TRY(run_once(count, figures));
    figures->each /= BEGINNINGS;
    figures->locked /= BEGINNINGS;
    return OK;
}

TEST("pairs of client and server on CPUs of their own")
{
    EXPECT(guest_cpu_count() >= PAIRS_MAX && fe_event_create(&gate) == OK);
    struct figures figures = {};
    for (uint32_t count = 1; count <= PAIRS_MAX; count *= 2) {
        EXPECT(run(count, &figures) == OK);
        guest_print("BENCH ipc_pairs_%u %lu\n", count, (unsigned long)figures.each);
    }
    guest_print("BENCH lock_contention %lu\n", (unsigned long)figures.locked);
}
