// SPDX-License-Identifier: MIT
// Random numbers: a generator that is seeded by the machine and by whoever holds the entropy resource.
// Guarded by the kernel lock.
#pragma once

#include <abi/bootinfo.h>
#include <stddef.h>

void entropy_init(const struct bootinfo *info);
void entropy_add(const void *data, size_t size);
void entropy_fill(void *to, size_t size);
