// SPDX-License-Identifier: MIT
// Questions about the counter: see the header.
#include "kernel/time/agree.h"
#include "kernel/log.h"
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
    ASSERT(agree_is_asked(agreement));
    agreement->counter = counter;
    __atomic_store_n(&agreement->answered, agreement->answered + 1, __ATOMIC_RELEASE);
}

static enum agree_outcome ask_once(struct agreement *agreement, uint64_t limit)
{
    uint64_t tolerance = clock_ns_to_ticks(TOLERANCE), before = arch_counter(), after = before;
    uint32_t question = agreement->asked + 1;
    __atomic_store_n(&agreement->asked, question, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&agreement->answered, __ATOMIC_ACQUIRE) != question) {
        if (after - before > limit) return AGREE_SILENT;
        arch_relax();
        after = arch_counter();
    }
    after = arch_counter();
    uint64_t answer = agreement->counter;
    return answer + tolerance >= before && answer <= after + tolerance ? AGREE_SAME : AGREE_OTHER;
}

enum agree_outcome agree_ask(struct agreement *agreement, uint64_t limit)
{
    enum agree_outcome outcome = AGREE_SAME, answer = AGREE_SAME;
    for (uint32_t i = 0; i < QUESTIONS && answer != AGREE_SILENT; i++) {
        answer = ask_once(agreement, clock_ns_to_ticks(limit));
        if (answer != AGREE_SAME) outcome = answer;
    }
    return outcome;
}
