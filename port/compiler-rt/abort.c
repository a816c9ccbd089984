// SPDX-License-Identifier: MIT
// Where the checked arithmetic of -ftrapv goes when it overflows. The fault names the place.

#include <stdint.h>

_Noreturn void __compilerrt_abort_impl(const char *file, int line, const char *function)
{
    __builtin_trap();
}
