// SPDX-License-Identifier: MIT
// How much there is to put aside of registers that general code does not touch. Called by upcalls,
// before they are: this is compiled without them.
#include "arch/x86/register.h"

enum : uint32_t { LEGACY = 512 };

// Bytes that XSAVE needs for what the kernel has switched on, a multiple of 64; LEGACY: there is
// only FXSAVE. Threads that ask at once find the same.
uint32_t posix_float_room(void);
uint32_t posix_float_room(void)
{
    static uint32_t known;
    uint32_t room = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (room != 0) return room;
    room = LEGACY;
    if (cpuid(1, 0).ecx & CPUID_1_C_OSXSAVE) room = (cpuid(0xd, 0).ebx + 63) & ~63u;
    __atomic_store_n(&known, room, __ATOMIC_RELAXED);
    return room;
}
