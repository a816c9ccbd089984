// SPDX-License-Identifier: MIT
// What a port does for the translations of a space as a whole (root.c), called by those that change
// them.
#pragma once

struct arch_space;
struct cpu;

// They change: whatever was remembered of them is not true any more.
void space_change(struct arch_space *space);

// `cpu`, which has the space loaded, keeps them as they are now, but what it is made to forget.
void space_note(struct cpu *cpu, const struct arch_space *space);
