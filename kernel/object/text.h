// SPDX-License-Identifier: MIT
// Short texts that somebody has the kernel keep: paths of mounts, notes of sessions. Most are so
// short that they lie in the structure. Guarded by the kernel lock.
#pragma once

#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct process;

enum : uint32_t { TEXT_MAX = 1024, TEXT_INLINE = 48 }; // bytes

struct text {
    char *at; // inside, or from a slab of larger ones; nullptr: none
    uint32_t size;
    char inside[TEXT_INLINE];
};

void text_init_all(void);

// Into a text that has none. ERR_TOO_LARGE: more than TEXT_MAX. ERR_NO_MEMORY, ERR_QUOTA: `owner`
// is charged for a longer one.
enum status text_set(struct process *owner, struct text *text, const char *from, size_t size);
void text_clear(struct process *owner, struct text *text);
