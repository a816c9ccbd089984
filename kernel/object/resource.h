// SPDX-License-Identifier: MIT
// Resources: ranges of what the machine has only once. Root ones are made at boot; everybody else's
// are parts of them. Guarded by the kernel lock.
//
// DMA memory outlives a process that dies with it, because its device may still write there: the
// resource that it was made from keeps it until the last handle to the resource is closed. By then
// whoever holds that, the device manager, has reset the device.
#pragma once

#include "kernel/object/object.h"
#include "kernel/object/reap.h"

struct resource {
    struct object object;
    enum resource_kind kind;
    uint64_t base, size;
    uint64_t used;           // TIME: promised, or given to derived ones
    uint32_t depth;          // TIME, DMA: how many parents
    struct resource *parent; // TIME, DMA: whose part it is, a reference; nullptr: the machine
    struct list kept;        // DMA: reap nodes of memory that its maker has left behind
    bool passes_on;          // going: what it keeps becomes its parent's
    struct reap reap;
};

// Whether `dma` keeps memory that `maker` has made from it: only for who is dying. `node` is put
// off being queued for the reaper.
bool resource_keep(struct resource *dma, const struct process *maker, struct reap *memory);

enum status resource_create(struct process *owner, enum resource_kind kind, uint64_t base,
                            uint64_t size, struct resource **resource);

// Whether `resource` is of `kind` and covers [base, base + size): ERR_WRONG_TYPE, ERR_NO_RIGHT.
enum status resource_check(const struct resource *resource, enum resource_kind kind, uint64_t base,
                           uint64_t size);
