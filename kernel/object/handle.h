// SPDX-License-Identifier: MIT
// A process's handle table: numbers with a generation to objects with rights. It grows page by page
// within the process's handle limit. Guarded by the kernel lock.
#pragma once

#include "kernel/object/object.h"

// A slot of a table. `number` is the handle that is in it, index included, so one comparison tells
// everything; of a free slot it is the complement of the next one, which no look-up of it matches.
struct handle_slot {
    struct object *object; // nullptr: free
    uint32_t number;
    uint32_t rights; // of a free slot: index of the next
} __attribute__((aligned(16)));

enum : uint32_t { HANDLE_INDEX_BITS = 17, HANDLE_SLOTS_PER_PAGE = 256 };

struct handle_entry {
    struct object *object;
    uint32_t rights;
};

// Looks `handle` up in the current process: ERR_BAD_HANDLE, ERR_WRONG_TYPE or ERR_NO_RIGHT. The
// reference is borrowed: valid until the call ends.
enum status handle_find(uint32_t handle, enum object_type type, uint32_t rights,
                        struct object **object);

// As handle_find, for any type, and tells the rights.
enum status handle_find_any(uint32_t handle, uint32_t rights, struct handle_entry *entry);

// The rights of a handle of the current process; 0: it is none.
uint32_t handle_rights(uint32_t handle);

// Makes sure `count` handles can be inserted in `process` without failing.
enum status handle_reserve(struct process *process, uint32_t count);

// Gives `object` (taking over no reference: it gets its own) to `process`. After handle_reserve it
// cannot fail.
uint32_t handle_insert(struct process *process, struct object *object, uint32_t rights);

// Takes an entry out of `process`; the caller now holds its reference.
struct handle_entry handle_remove(struct process *process, uint32_t handle);

// Moves an entry of `from` to `to`, which may be the same: its number there. After handle_reserve
// it cannot fail.
uint32_t handle_move(struct process *from, uint32_t handle, struct process *to);

// As handle_find_any, in any process.
enum status handle_look_up(struct process *process, uint32_t handle, uint32_t rights,
                           struct handle_entry *entry);

void handle_init(struct process *process, uint32_t limit);

// Looks at a bounded number of a dying process's slots, and closes up to `count` handles that are
// there; true when none is left.
bool handle_close_some(struct process *process, uint32_t count);

// Frees a bounded part of the table, in which no handle is left; true when it is gone.
bool handle_fini(struct process *process);
