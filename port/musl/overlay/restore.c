// SPDX-License-Identifier: MIT
// Where a signal handler returns to. lib/posix calls handlers as plain functions and puts the
// interrupted state back by itself, so only their addresses are ever taken.

#include "syscall.h"

hidden void __restore(void)
{
    __syscall(SYS_rt_sigreturn);
}

hidden void __restore_rt(void)
{
    __syscall(SYS_rt_sigreturn);
}
