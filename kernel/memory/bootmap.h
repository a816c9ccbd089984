// SPDX-License-Identifier: MIT
// How a boot protocol makes the memory map of struct bootinfo. It tells what firmware and loader
// say, in whatever order, overlapping or not; here that becomes entries that are sorted, whole
// pages, and do not overlap. Where ranges do overlap, what is in use wins over what is free: the
// kernel, the initrd, what is reserved, then what can be reclaimed. RAM that is listed twice is
// refused. The array is the protocol's.
#pragma once

#include <abi/bootinfo.h>

struct bootmap {
    struct boot_memory *entry;
    uint32_t count, capacity;
};

// Hears of ranges, one call each.
struct bootmap_listener {
    void (*range)(struct bootmap_listener *self, struct boot_memory range);
};

// What a protocol was told. `tell` names every range to the listener, each time the same ones: RAM,
// what is reserved or can be reclaimed, and the places of kernel and initrd. Sizes may be 0.
struct bootmap_source {
    void (*tell)(const struct bootmap_source *self, struct bootmap_listener *listener);
};

// How many entries the source's map can have, with room for `takes` calls of bootmap_take.
uint32_t bootmap_capacity(const struct bootmap_source *source, uint32_t takes);

// Fills the empty map, whose capacity is sufficient. There is a console by then (boot_refuse).
void bootmap_make(struct bootmap *map, const struct bootmap_source *source);

// Before there is a map: the highest `size` bytes below `limit` in the source's RAM that nothing
// else in it touches, whole pages. 0: there are none.
uint64_t bootmap_place(const struct bootmap_source *source, uint64_t size, uint64_t limit);

// Turns the highest `size` bytes of RAM below `limit`, whole pages, into `kind`, and tells where
// they are. 0: there are none.
uint64_t bootmap_take(struct bootmap *map, uint64_t size, uint64_t limit,
                      enum boot_memory_kind kind);

// Whether all of the range is of this kind.
bool bootmap_is(const struct bootmap *map, uint64_t base, uint64_t size,
                enum boot_memory_kind kind);

// Whether all of the range is listed, as whatever it is.
bool bootmap_has(const struct bootmap *map, uint64_t base, uint64_t size);

// The parts of the above.

// Adds RAM, shrunk to whole pages; what is listed already is not listed twice. At most one entry
// more for each one that was there. False when the array is full.
bool bootmap_add(struct bootmap *map, uint64_t base, uint64_t size);

// Turns RAM in the range, grown to whole pages, into `kind`; at most two entries more for each
// piece of RAM it touches. Memory that is not listed as RAM stays as it is. False when the array is
// full.
bool bootmap_carve(struct bootmap *map, uint64_t base, uint64_t size, enum boot_memory_kind kind);

// The way back, for what was taken as the kernel's.
bool bootmap_release(struct bootmap *map, uint64_t base, uint64_t size);
