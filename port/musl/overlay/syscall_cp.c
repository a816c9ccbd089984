// SPDX-License-Identifier: MIT
// A call at which a thread may be cancelled. There is no instruction at which a signal could find
// the thread half-way into the kernel, so the three marks that bound such a window name an empty
// one; a thread that waits is interrupted by the signal itself and looks at its flag then.

#include "syscall.h"

hidden const char __cp_begin[1], __cp_end[1], __cp_cancel[1];

hidden long __cancel(void);

hidden long __syscall_cp_asm(volatile void *cancel, syscall_arg_t number, syscall_arg_t a,
                             syscall_arg_t b, syscall_arg_t c, syscall_arg_t d, syscall_arg_t e,
                             syscall_arg_t f)
{
    if (*(volatile int *)cancel) return __cancel();
    return __ferrite_syscall(number, a, b, c, d, e, f);
}
