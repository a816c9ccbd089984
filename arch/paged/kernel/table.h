// SPDX-License-Identifier: MIT
// What arch/paged/kernel needs of a port. Its <arch/kernel/map.h> has the format of entries:
//
//     TABLE_LEVELS                 the most levels that there can be, and in what follows
//     table_top()                  the level where a walk through user memory begins, in
//     table_root(space, address)   this table
//     entry_is_used(entry), entry_is_table(entry) where it is above level 0
//     entry_physical(entry)        what it points to, page or table
//     entry_of_table(physical)     for user memory
//     entry_of_page(physical, level, flags)
//     entry_flags(protection)      of user memory; entry_protection(entry) is the way back
//     ENTRY_KEPT                   what of a page's entry stays when its protection changes
//     TABLE_FETCH_LAGS             what was fetched as instructions stays so until it is said
//     table_count(holder, change)  counts entries in use in the table behind *holder, which is not
//                                  the top one; tells whether there are any
//
// and the functions below. Guarded by the kernel lock.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arch_space;

// Forgets translations of the range, on every CPU that may have some; they have a new version.
void space_forget(struct arch_space *space, uintptr_t address, size_t size);

// Makes what was mapped where nothing was seen by this CPU.
void space_show(const struct arch_space *space, uintptr_t address, size_t size);

// What is at [physical, +size) in memory is what every CPU fetches as instructions from now on.
// Only where TABLE_FETCH_LAGS.
void space_refetch(uint64_t physical, size_t size);
