// SPDX-License-Identifier: MIT
// The promise to entry code where the first fields of struct cpu are.
#include "kernel/schedule/cpu.h"
#include <stddef.h>

static_assert(offsetof(struct cpu, self) == 0);
static_assert(offsetof(struct cpu, frame) == sizeof(uintptr_t));
static_assert(offsetof(struct cpu, kernel_stack) == 2 * sizeof(uintptr_t));
static_assert(offsetof(struct cpu, user_scratch) == 3 * sizeof(uintptr_t));
static_assert(offsetof(struct cpu, current) == 4 * sizeof(uintptr_t));
