// SPDX-License-Identifier: MIT
// Two CPUs, the other one played by a thread of the host.
#include "kernel/time/agree.h"
#include "test/unit.h"
#include <arch/arch.h>
#include <pthread.h>

struct other {
    struct agreement agreement;
    int64_t skew; // ticks
    bool is_done;
};

static void *answer(void *argument)
{
    struct other *other = argument;
    while (!__atomic_load_n(&other->is_done, __ATOMIC_RELAXED)) {
        if (!agree_is_asked(&other->agreement)) continue;
        agree_answer(&other->agreement, none_machine.counter + (uint64_t)other->skew);
    }
    return nullptr;
}

enum : uint64_t { LIMIT = 1'000'000 }; // ns

static enum agree_outcome ask(int64_t skew)
{
    struct other other = {.skew = skew};
    pthread_t thread;
    if (pthread_create(&thread, nullptr, answer, &other) != 0) return AGREE_SILENT;
    enum agree_outcome outcome = agree_ask(&other.agreement, LIMIT);
    __atomic_store_n(&other.is_done, true, __ATOMIC_RELAXED);
    pthread_join(thread, nullptr);
    return outcome;
}

TEST("a counter that is behind or ahead is found, one that is the same agrees")
{
    none_reset();
    none_machine.counter = 1u << 30;
    EXPECT(ask(0) == AGREE_SAME && ask(900) == AGREE_SAME && ask(-900) == AGREE_SAME);
    EXPECT(ask(1'000'000) == AGREE_OTHER && ask(-1'000'000) == AGREE_OTHER);
}

static void *pass_time(void *argument)
{
    struct other *other = argument;
    while (!__atomic_load_n(&other->is_done, __ATOMIC_RELAXED))
        __atomic_fetch_add(&none_machine.counter, 1000, __ATOMIC_RELAXED);
    return nullptr;
}

TEST("who does not answer is given up when the limit has passed")
{
    none_reset();
    struct other other = {};
    uint64_t before = none_machine.counter;
    pthread_t thread;
    EXPECT(pthread_create(&thread, nullptr, pass_time, &other) == 0);
    EXPECT(agree_ask(&other.agreement, LIMIT) == AGREE_SILENT);
    __atomic_store_n(&other.is_done, true, __ATOMIC_RELAXED);
    pthread_join(thread, nullptr);
    EXPECT(none_machine.counter - before > LIMIT);
    EXPECT(agree_is_asked(&other.agreement)); // and may still answer, to nobody
}
