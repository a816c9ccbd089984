// SPDX-License-Identifier: MIT
// Questions about the counter: see the header.
#include "kernel/time/agree.h"
#include "kernel/time/timer.h"
#include <arch/arch.h>

enum : uint32_t { QUESTIONS = 8 };    // the other may have been kept from running during one
enum : uint64_t { TOLERANCE = 1000 }; // ns: barriers do not order counters everywhere

bool agree_is_asked(const struct agreement *agreement)
{
    return __atomic_load_n(&agreement->asked, __ATOMIC_ACQUIRE) != agreement->answered;
}

void agree_answer(struct agreement *agreement, uint64_t counter)
{
    agreement->counter = counter;
    __atomic_store_n(&agreement->answered, agreement->answered + 1, __ATOMIC_RELEASE);
}

static bool is_between(struct agreement *agreement)
{
    uint64_t tolerance = clock_ns_to_ticks(TOLERANCE), before = arch_counter();
    uint32_t question = agreement->asked + 1;
    __atomic_store_n(&agreement->asked, question, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&agreement->answered, __ATOMIC_ACQUIRE) != question) arch_relax();
    uint64_t after = arch_counter();
    return agreement->counter + tolerance >= before && agreement->counter <= after + tolerance;
}

bool agree_ask(struct agreement *agreement)
{
    bool agrees = true;
    for (uint32_t i = 0; i < QUESTIONS; i++) agrees &= is_between(agreement);
    return agrees;
}
