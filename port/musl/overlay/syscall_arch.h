// SPDX-License-Identifier: MIT
// The whole way out of the C library, for every instruction set with 64-bit words: one function,
// which lib/posix supplies. It takes the call's number (bits/syscall.h) and arguments, and gives
// the result or a negative errno. There is no clock to be read without a call here: lib/posix
// does that by itself.

#pragma once

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)
#define IPC_64 0

long __ferrite_syscall(long number, long a, long b, long c, long d, long e, long f);

static inline long __syscall0(long n)
{
    return __ferrite_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
    return __ferrite_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
    return __ferrite_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
    return __ferrite_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return __ferrite_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return __ferrite_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return __ferrite_syscall(n, a, b, c, d, e, f);
}
