// SPDX-License-Identifier: MIT
// Numbers of 64 bits in memory that others read and change at the same time. Where words have 32
// bits there is no instruction for them that every processor has and that leaves memory alone when
// it reads: of a set of flags each flag is whole by itself, and a count is read again until nobody
// has carried. No locks; callable from anywhere.
#pragma once

#include <stdint.h>

enum : bool { FE_WIDE_IS_WORD = sizeof(uintptr_t) == sizeof(uint64_t) };

typedef uint32_t fe_half [[gnu::may_alias]]; // its order in memory is that of every machine here

// A set of flags as it is; with halves, their flags may be from two moments. `order`: __ATOMIC_*.
static inline uint64_t fe_flags_read(const uint64_t *set, int order)
{
    if (FE_WIDE_IS_WORD) return __atomic_load_n(set, order);
    const fe_half *half = (const fe_half *)set;
    uint64_t high = __atomic_load_n(half + 1, order);
    return high << 32 | __atomic_load_n(half, order);
}

static inline void fe_flags_write(uint64_t *set, uint64_t flags, int order)
{
    if (FE_WIDE_IS_WORD) {
        __atomic_store_n(set, flags, order);
        return;
    }
    fe_half *half = (fe_half *)set;
    __atomic_store_n(half, (uint32_t)flags, order);
    __atomic_store_n(half + 1, (uint32_t)(flags >> 32), order);
}

// Sets, or clears, `flags` and leaves the others; the set before, as far as `flags` go. SEQ_CST.
static inline uint64_t fe_flags_set(uint64_t *set, uint64_t flags)
{
    if (FE_WIDE_IS_WORD) return __atomic_fetch_or(set, flags, __ATOMIC_SEQ_CST) & flags;
    fe_half *half = (fe_half *)set;
    uint64_t low = __atomic_fetch_or(half, (uint32_t)flags, __ATOMIC_SEQ_CST);
    uint64_t high = __atomic_fetch_or(half + 1, (uint32_t)(flags >> 32), __ATOMIC_SEQ_CST);
    return (high << 32 | low) & flags;
}

static inline uint64_t fe_flags_clear(uint64_t *set, uint64_t flags)
{
    if (FE_WIDE_IS_WORD) return __atomic_fetch_and(set, ~flags, __ATOMIC_SEQ_CST) & flags;
    fe_half *half = (fe_half *)set;
    uint64_t low = __atomic_fetch_and(half, (uint32_t)~flags, __ATOMIC_SEQ_CST);
    uint64_t high = __atomic_fetch_and(half + 1, (uint32_t)(~flags >> 32), __ATOMIC_SEQ_CST);
    return (high << 32 | low) & flags;
}

// A count that only grows, and that its writer stores whole: ACQUIRE.
static inline uint64_t fe_count_read(const uint64_t *count)
{
    if (FE_WIDE_IS_WORD) return __atomic_load_n(count, __ATOMIC_ACQUIRE);
    const fe_half *half = (const fe_half *)count;
    uint32_t low, high;
    do {
        high = __atomic_load_n(half + 1, __ATOMIC_ACQUIRE);
        low = __atomic_load_n(half, __ATOMIC_ACQUIRE);
    } while (__atomic_load_n(half + 1, __ATOMIC_ACQUIRE) != high);
    return (uint64_t)high << 32 | low;
}
