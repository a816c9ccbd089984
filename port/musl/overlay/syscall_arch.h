// SPDX-License-Identifier: MIT
// The whole way out of the C library, for every instruction set: one function, which lib/posix
// supplies. It takes the call's number (bits/syscall.h) and arguments, and gives the result or a
// negative errno. All of them have 64 bits, also where words have 32, so that no offset and no time
// is ever split; of a result the library itself looks at a word, but for lseek.c. There is no clock
// to be read without a call here: lib/posix does that by itself.

#pragma once

#define __NEED_int64_t
#include <bits/alltypes.h>

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)
#define __scc(x) ((syscall_arg_t)(x))
#define IPC_64 0

typedef int64_t syscall_arg_t;

int64_t __ferrite_syscall(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e,
                          int64_t f);

static inline long __syscall0(syscall_arg_t n)
{
    return __ferrite_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(syscall_arg_t n, syscall_arg_t a)
{
    return __ferrite_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(syscall_arg_t n, syscall_arg_t a, syscall_arg_t b)
{
    return __ferrite_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(syscall_arg_t n, syscall_arg_t a, syscall_arg_t b, syscall_arg_t c)
{
    return __ferrite_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(syscall_arg_t n, syscall_arg_t a, syscall_arg_t b, syscall_arg_t c,
                              syscall_arg_t d)
{
    return __ferrite_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(syscall_arg_t n, syscall_arg_t a, syscall_arg_t b, syscall_arg_t c,
                              syscall_arg_t d, syscall_arg_t e)
{
    return __ferrite_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(syscall_arg_t n, syscall_arg_t a, syscall_arg_t b, syscall_arg_t c,
                              syscall_arg_t d, syscall_arg_t e, syscall_arg_t f)
{
    return __ferrite_syscall(n, a, b, c, d, e, f);
}
