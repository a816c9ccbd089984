// SPDX-License-Identifier: MIT
// For a test that needs no system call, of what comes along with what would make some: each is
// refused. Included once, by the test itself.
#pragma once

#include <abi/status.h>
#include <arch/user/syscall.h>

#define REFUSED(size)                                                                              \
    void fe_syscall##size(uint64_t number, uint64_t reg[size])                                     \
    {                                                                                              \
        reg[0] = (uint64_t)(int64_t)ERR_BAD_CALL;                                                  \
    }
REFUSED(2)
REFUSED(4)
REFUSED(8)
REFUSED(12)
