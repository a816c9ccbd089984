// SPDX-License-Identifier: MIT
// The kernel's random generator, for addresses and for entropy_read. Guarded by the kernel lock.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>

// Seeds it from what the machine has; until then it gives what little the counter knows. With
// seed=<number> on the command line of a development image, from that alone: runs repeat.
void random_init(const struct bootinfo *info);

// Whether it was given enough by a source of random numbers: before, what it gives can be guessed,
// and no key may be made of it.
bool random_is_seeded(void);

void random_fill(void *to, size_t size);

// Mixes bytes in; never makes it worse. Leaves a generator that repeats as it is.
void random_add(const void *bytes, size_t size);

// What the places of a new address space are drawn from. Of a generator that repeats, the same for
// the same number of spaces before it, whatever else was drawn.
uint64_t random_space(void);
