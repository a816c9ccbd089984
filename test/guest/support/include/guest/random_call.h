// SPDX-License-Identifier: MIT
// System calls with random arguments, chosen by the grammar in syscalls.def so that they get past
// the first check often. What would end the process, or stop it for good, is left out.
#pragma once

#include <abi/syscalls.h>

enum : uint32_t { RANDOM_HANDLES = 16, RANDOM_SCRATCH = 16384 };

struct random_caller {
    uint64_t state;
    fe_handle own[RANDOM_HANDLES]; // what calls are made on, and what they gave
    uint8_t scratch[RANDOM_SCRATCH];
};

// Makes objects of several kinds, from which it goes on.
void random_caller_init(struct random_caller *caller, uint64_t seed);
uint64_t random_number(struct random_caller *caller);

// Makes one call.
void random_call(struct random_caller *caller);
