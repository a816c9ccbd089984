// SPDX-License-Identifier: MIT
// What this port's other files need of address spaces.
#pragma once

struct cpu;

// Gives a CPU that is to be started room for what it notes; false: there is no memory.
bool space_make_cpu(struct cpu *cpu);

// This CPU, from its own start on.
void space_init_cpu(struct cpu *cpu);

// Which kinds of memory this CPU can be told of, once its features are known.
void space_find_types(void);
