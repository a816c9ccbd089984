// SPDX-License-Identifier: MIT
// Which files are mapped where, shared. Such a file is held open as long as a part of it is mapped:
// its server takes over what is stored when it is synced, or closed by the last who had it.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct file;

struct mapping {
    struct mapping *next;
    struct file *file; // counted
    uintptr_t start, end;
};

// `mapping` is allocated, and taken over.
void mapping_add(struct mapping *mapping, struct file *file, uintptr_t start, size_t size);
// Nothing of these pages is mapped any more, or something else is there now.
void mapping_remove(uintptr_t start, size_t size);
bool mapping_is(uintptr_t start, size_t size); // whether there is one in this range
// What was stored in this range is safe. 0, or what the files' servers said first.
int mapping_sync(uintptr_t start, size_t size);
