// SPDX-License-Identifier: MIT
// Resources: ranges of what the machine has only once. Root ones are made at boot; everybody else's
// are parts of them. Guarded by the kernel lock.
#pragma once

#include "kernel/object/object.h"

struct resource {
    struct object object;
    enum resource_kind kind;
    uint64_t base, size;
    uint64_t used;           // TIME: promised, or given to derived ones
    uint32_t depth;          // TIME: how many parents
    struct resource *parent; // TIME: whose part it is, a reference; nullptr: the machine
};

enum status resource_create(struct process *owner, enum resource_kind kind, uint64_t base,
                            uint64_t size, struct resource **resource);

// Whether `resource` is of `kind` and covers [base, base + size): ERR_WRONG_TYPE, ERR_NO_RIGHT.
enum status resource_check(const struct resource *resource, enum resource_kind kind, uint64_t base,
                           uint64_t size);
