// SPDX-License-Identifier: MIT
// The fast path of event_signal, event_wait and thread_yield. Entry code tries it before it has
// saved the registers that C keeps; when the answer is FAST_NOT, nothing has changed and the call
// is made in the ordinary way. Called in the ordinary convention, with what the call had in its
// registers 0, 1 and 2. No function is called but inline ones: ports keep registers that C would
// lose out of its hands (arch/<isa>/arch.mk).
#pragma once

#include <stdint.h>

enum : uint64_t {
    FAST_NOT,  // not here
    FAST_DONE, // the call is over, OK, with `value` in register 1; nobody else goes on
};

struct fast_result {
    uint64_t way;   // or an enum schedule_way: what is not saved of the caller yet is to be saved,
                    // then schedule_exit_by(way, value) tells who goes on
    uint64_t value; // or a struct thread *
};

struct fast_result fast_event_signal(uint64_t handle, uint64_t bits);
struct fast_result fast_event_wait(uint64_t handle, uint64_t mask, uint64_t deadline);
struct fast_result fast_thread_yield(void);
