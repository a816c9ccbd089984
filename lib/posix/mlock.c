// SPDX-License-Identifier: MIT
// mlock and munlock: nothing is ever paged out, so there is nothing to do but to see that there is
// memory. The kernel looks at a word of each page, and brings in what was not there yet.
#include "call.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/memory.h>
#include <ferrite/status.h>

static bool is_mapped(uintptr_t address)
{
    return fe_futex_wait(address & ~(uintptr_t)3, 0, 0) != ERR_BAD_ADDRESS;
}

int64_t call_mlock(const int64_t *a)
{
    uintptr_t start = (uintptr_t)a[0] & ~(FE_PAGE_SIZE - 1), end = (uintptr_t)a[0] + (size_t)a[1];
    if (end < start) return -ENOMEM;
    for (uintptr_t at = start; at < end; at += FE_PAGE_SIZE) {
        if (!is_mapped(at)) return -ENOMEM;
    }
    return 0;
}
