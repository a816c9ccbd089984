// SPDX-License-Identifier: MIT
// Between what both ports of x86 do at the start, and what each does for itself.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bootinfo;

// By the port, before the kernel's address space is made: what is to be said of its memory, and the
// instructions that this processor has more than others.
void start_prepare(struct bootinfo *info);

// Replaces instructions, before they are protected.
void code_put(uint8_t *at, const uint8_t *code, size_t size);
