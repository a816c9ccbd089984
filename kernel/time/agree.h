// SPDX-License-Identifier: MIT
// Whether the counters of two CPUs agree, as they have to: user space reads the clock wherever it
// runs, and a timer is armed by one CPU's counter and looked at by another's. One CPU asks, before
// there is a kernel lock, and the other answers; what it answers has to lie between the question
// and the answer's arrival.
#pragma once

#include <stdint.h>

struct agreement {
    uint32_t asked, answered; // atomic: the question's number, and the last that was answered
    uint64_t counter;         // the answer
};

enum agree_outcome {
    AGREE_SAME,
    AGREE_OTHER,  // its counter is more than a microsecond off
    AGREE_SILENT, // it did not answer a question within `limit`
};

// Asks, and waits for each answer at most `limit`, ns. It may still answer a question that was
// given up.
enum agree_outcome agree_ask(struct agreement *agreement, uint64_t limit);

// Answers with `counter`, read since it was asked, if it was.
bool agree_is_asked(const struct agreement *agreement);
void agree_answer(struct agreement *agreement, uint64_t counter);
