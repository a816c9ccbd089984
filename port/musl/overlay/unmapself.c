// SPDX-License-Identifier: MIT
// The end of a detached thread, which must give up the stack that it runs on. Whoever is here holds
// the lock of the thread list, and the kernel opens that lock (fe_thread_exit) only when the thread
// runs no more: until then nobody takes the stack from those that are kept. Without room for it
// there, the thread moves to a stack that all ending threads share, and unmaps its own. Then the
// thread's own block is gone as well, so nothing below may ask for it.

#include "atomic.h"
#include "dynlink.h"
#include "pthread_impl.h"
#include "stack.h"
#include "syscall.h"

static struct {
    void *base;
    size_t size;
} leaving;

static _Alignas(16) char last_stack[8192];

// Where calls push return addresses, a function that is jumped to has to align its stack by itself;
// elsewhere the attribute means nothing.
__attribute__((force_align_arg_pointer)) static void unmap_and_exit(void)
{
    __syscall(SYS_munmap, leaving.base, leaving.size);
    for (;;) __syscall(SYS_exit, 0);
}

void __unmapself(void *base, size_t size)
{
    if (__stack_leave(base, size, __pthread_self()->guard_size))
        for (;;) __syscall(SYS_exit, 0);
    leaving.base = base;
    leaving.size = size;
    CRTJMP(unmap_and_exit, last_stack + sizeof last_stack);
}
