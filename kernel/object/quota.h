// SPDX-License-Identifier: MIT
// Memory quotas. A process charges everything that the kernel keeps for it. A child with a limit of
// its own has that limit taken out of its parent's when it is made; a child without one draws on
// its parent's quota. So every charge is one addition, however deep the processes nest. Whom a
// quota was made for keeps a part of it that the others who draw on it cannot take: a shell is not
// starved by what it started. What an image is entitled to is a limit of each of its processes
// besides. Guarded by the kernel lock.
#pragma once

#include "kernel/object/reap.h"
#include "kernel/tree.h"
#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct slab;

struct quota {
    struct quota *parent;  // from whose limit this one was taken; nullptr: the machine
    uint64_t limit, used;  // bytes; what children reserved counts as used
    uint64_t alarm;        // used: above it somebody is told (kernel/object/shortage.h)
    struct tree shortages; // who, by that
    uint32_t references; // processes that draw on it, dead ones with charges included, and children
    struct reap reap;    // nobody's any more, but still to be given back
};

// Out of the quota of `taker` (nullptr: the machine). ERR_NO_MEMORY; ERR_QUOTA: it has not that
// much left.
enum status quota_create(const struct process *taker, uint64_t limit, struct quota **quota);
void quota_get(struct quota *quota);
// The last one gives the limit back to the parent; where that was the parent's last too, it is the
// reaper's.
void quota_put(struct quota *quota);

// Charges `pages` (or bytes) to `process`: ERR_QUOTA. nullptr, the kernel itself, is never refused.
// A process that was charged stays accountable until all is uncharged, even after its death.
enum status process_charge_memory(struct process *process, uint64_t pages);
void process_uncharge_memory(struct process *process, uint64_t pages);
enum status process_charge(struct process *process, uint64_t bytes);
void process_uncharge(struct process *process, uint64_t bytes);
uint64_t quota_most(const struct process *process);         // bytes that all of its quota's may use
uint64_t process_chargeable(const struct process *process); // bytes that would not be refused

// Memory from a slab, with anything in it, that `owner` is charged for: ERR_NO_MEMORY, ERR_QUOTA.
// *result is a pointer; unchanged where there is none. `size` is the same when it is freed.
enum status charged_take(struct process *owner, struct slab *slab, size_t size, void *result);
void charged_free(struct process *owner, struct slab *slab, size_t size, void *what);

// Keeps the structure of a process that is charged for something, whatever becomes of the process.
void process_hold(struct process *process);
void process_release(struct process *process);

void quota_init(void);

// Bytes that all processes together are charged for.
uint64_t quota_charged(void);
