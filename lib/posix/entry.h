// SPDX-License-Identifier: MIT
// An entry of a folder, as the C library reads it from getdents64.
#pragma once

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
    uint64_t ino;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

enum : size_t { ENTRY_SHORT = 32 }; // one with a name that is short
enum : size_t { ENTRY_NAME = ENTRY_SHORT - offsetof(struct entry, name) };
