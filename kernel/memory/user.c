// SPDX-License-Identifier: MIT
// Copies between the kernel and the current process, after the check that both ends lie in the user
// half.
#include "kernel/memory/user.h"
#include <arch/arch.h>

static bool stopped; // guarded by the kernel lock

void user_copy_stop(void)
{
    stopped = true;
}

bool user_copy_stopped(void)
{
    bool was = stopped;
    stopped = false;
    return was;
}

enum status user_read(void *to, uintptr_t from, size_t size)
{
    if (!user_range_is_valid(from, size)) return ERR_BAD_ADDRESS;
    return size == 0 || arch_user_read(to, from, size) ? OK : ERR_BAD_ADDRESS;
}

enum status user_write(uintptr_t to, const void *from, size_t size)
{
    if (!user_range_is_valid(to, size)) return ERR_BAD_ADDRESS;
    return size == 0 || arch_user_write(to, from, size) ? OK : ERR_BAD_ADDRESS;
}
