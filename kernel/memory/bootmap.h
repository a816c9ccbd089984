// SPDX-License-Identifier: MIT
// How a boot protocol makes the memory map of struct bootinfo: RAM is added, then what is taken of
// it is carved out. Entries stay sorted, whole pages, and do not overlap. The array is the
// protocol's.
#pragma once

#include <abi/bootinfo.h>

struct bootmap {
    struct boot_memory *entry;
    uint32_t count, capacity;
};

// Adds RAM, shrunk to whole pages; what is listed already is not listed twice. At most one entry
// more for each one that was there. False when the array is full.
bool bootmap_add(struct bootmap *map, uint64_t base, uint64_t size);

// Turns RAM in the range, grown to whole pages, into `kind`; at most two entries more for each
// piece of RAM it touches. Memory that is not listed as RAM stays as it is. False when the array is
// full.
bool bootmap_carve(struct bootmap *map, uint64_t base, uint64_t size, enum boot_memory_kind kind);
