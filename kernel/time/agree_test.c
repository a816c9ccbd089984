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

static bool agrees(int64_t skew)
{
    struct other other = {.skew = skew};
    pthread_t thread;
    if (pthread_create(&thread, nullptr, answer, &other) != 0) return false;
    bool result = agree_ask(&other.agreement);
    __atomic_store_n(&other.is_done, true, __ATOMIC_RELAXED);
    pthread_join(thread, nullptr);
    return result;
}

TEST("a counter that is behind or ahead is found, one that is the same agrees")
{
    none_reset();
    none_machine.counter = 1u << 30;
    EXPECT(agrees(0) && agrees(900) && agrees(-900));
    EXPECT(!agrees(1'000'000) && !agrees(-1'000'000));
}
