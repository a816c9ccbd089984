// SPDX-License-Identifier: MIT
// The one call whose result is more than a word where words have 32 bits.

#include "syscall.h"
#include <unistd.h>

off_t __lseek(int fd, off_t offset, int whence)
{
    int64_t at = __ferrite_syscall(SYS_lseek, fd, offset, whence, 0, 0, 0);
    return at < 0 ? __syscall_ret(at) : at;
}

weak_alias(__lseek, lseek);
