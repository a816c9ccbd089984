// SPDX-License-Identifier: MIT
// The three functions that the compiler may call anyway, and that every user of this library has.

#pragma once

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *bytes, int value, size_t size);
