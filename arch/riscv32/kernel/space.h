// SPDX-License-Identifier: MIT
// What this port's other files need of address spaces.
#pragma once

struct cpu;

// This CPU, from its own start on.
void space_init_cpu(struct cpu *cpu);

// There are no kinds of memory to be told.
static inline void space_find_types(void) {}
