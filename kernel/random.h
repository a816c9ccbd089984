// SPDX-License-Identifier: MIT
// The kernel's random generator, for addresses and for entropy_read. Guarded by the kernel lock.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>

// Seeds it from what the machine has; until then it gives what little the counter knows.
void random_init(const struct bootinfo *info);

void random_fill(void *to, size_t size);

// Mixes bytes in; never makes it worse.
void random_add(const void *bytes, size_t size);
