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

// False: the other's counter is more than a microsecond off. Waits for its answers.
bool agree_ask(struct agreement *agreement);

// Answers with `counter`, read since it was asked, if it was.
bool agree_is_asked(const struct agreement *agreement);
void agree_answer(struct agreement *agreement, uint64_t counter);
