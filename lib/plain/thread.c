// SPDX-License-Identifier: MIT
// Who a thread is, in programs without a C library: its thread pointer leads to that.
#include <abi/object.h>
#include <abi/syscalls.h>
#include <ferrite/thread.h>

void fe_thread_block_use(struct fe_thread_block *block)
{
    uint64_t id = 0;
    if (fe_thread_current(&id) != OK) __builtin_trap();
    *block = (struct fe_thread_block){block, (uint32_t)id & LOCK_OWNER};
    if (fe_thread_pointer_set((uintptr_t)block) != OK) __builtin_trap();
}

uint32_t fe_thread_number(void)
{
    return ((const struct fe_thread_block *)__builtin_thread_pointer())->number;
}
