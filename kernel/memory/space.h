// SPDX-License-Identifier: MIT
// An address space: a balanced tree of regions, each a view of a memory object, over the translations of
// the port. Pages come in by faults. Embedded in struct process. Guarded by the kernel lock.
#pragma once

#include <arch/arch.h>
#include "kernel/memory/user.h"

struct process;
struct memory;
struct region;

struct space {
    struct arch_space arch;
    struct region *root; // by address
    struct process *process;
    uint64_t random; // state of placement
};

enum status space_init(struct space *space, struct process *process);

// Maps [offset, offset + size) of `memory`; *address is the wish on entry (0: any, at random) and the place on
// return. Constant time in the size.
enum status space_map(struct space *space, struct memory *memory, uint64_t offset, size_t size,
                      uint32_t flags, uintptr_t *address);

// Bounded step: *done tells whether all is unmapped; call again when not (restartable calls).
enum status space_unmap(struct space *space, uintptr_t address, size_t size, bool *done);
enum status space_protect(struct space *space, uintptr_t address, size_t size, uint32_t flags,
                          bool *done);

// Brings the page at `address` in. OK: access may be repeated. ERR_BAD_ADDRESS: not mapped or wrong
// access. ERR_NO_MEMORY, ERR_QUOTA: cannot be supplied.
enum status space_fault(struct space *space, uintptr_t address, uint32_t access);

// Frees a bounded part of everything; true when nothing is left. For a process that is dead.
bool space_clear(struct space *space);

// The kernel's address of the page behind a user address of any space, brought in with `access` if needed: how
// messages are copied once, from the current space to another.
enum status space_reach(struct space *space, uintptr_t address, uint32_t access, void **at);

// A page for translations, charged to the space's process; zeroed.
struct page *space_table_allocate(struct arch_space *space);
void space_table_free(struct arch_space *space, struct page *page);
