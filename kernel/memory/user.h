// SPDX-License-Identifier: MIT
// User memory of the current process, as seen by system calls: checked against the user half,
// copied with recovery from faults. ERR_BAD_ADDRESS says that some byte could not be accessed.
#pragma once

#include <abi/status.h>
#include <arch/arch.h>
#include <stddef.h>
#include <stdint.h>

struct user_buffer {
    uintptr_t address;
    size_t size; // bytes
};

// How much of `size` bytes, at most ARCH_COPY_MOST, one step may copy from one address to the
// other: all, but where addresses that are not aligned alike cost several times as much.
static inline size_t user_copy_step(uintptr_t from, uintptr_t to, size_t size)
{
    if (ARCH_COPY_APART == ARCH_COPY_MOST) return size;
    bool is_apart = (from ^ to) % sizeof(uintptr_t) != 0;
    return is_apart && size > ARCH_COPY_APART ? ARCH_COPY_APART : size;
}

enum status user_read(void *to, uintptr_t from, size_t size);
enum status user_write(uintptr_t to, const void *from, size_t size);

// A copy that seemed to fail was stopped for an interrupt, by whoever answers its faults: what
// asked for it is to be made again. Asking clears it.
void user_copy_stop(void);
bool user_copy_stopped(void);

static inline bool user_range_is_valid(uintptr_t address, size_t size)
{
    constexpr uintptr_t room = ARCH_USER_END - ARCH_USER_BASE;
    return size == 0 || (size <= room && address - ARCH_USER_BASE <= room - size);
}
