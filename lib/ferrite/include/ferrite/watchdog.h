// SPDX-License-Identifier: MIT
// What a service's loop does to be watched by its supervisor (service/init/watchdog.c): with the
// first message after a rest it tells that it has work, and from then on its supervisor looks from
// time to time whether it came round since. At rest nobody looks. lib/9p's loop does all of it; a
// service that is long over one request calls fe_watchdog_alive.
#pragma once

#include <abi/start.h>
#include <abi/status.h>
#include <stddef.h>

// The loop's word: zero when the supervisor wants to hear. One that nobody watches never is.
extern uint32_t *fe_watchdog_word;

// The calling thread is the one that serves.
void fe_watchdog_begin(void);

void fe_watchdog_tell(void); // the rest of coming round

// A message was taken.
static inline void fe_watchdog_round(void)
{
    if (__atomic_load_n(fe_watchdog_word, __ATOMIC_RELAXED) == 0) [[clang::unlikely]]
        fe_watchdog_tell();
}

// For the supervisor: has the loop make a fault with its next message, or after at most a quarter
// of the time that it may take. `place` is that of its struct fe_watch in `memory`.
enum status fe_watchdog_inject(fe_handle memory, uint64_t place, enum watch_fault fault);
// WATCH_NO_FAULT: it is the name of none.
enum watch_fault fe_watchdog_fault_named(const char *word, size_t size);

// Still at work on the same request, and getting on with it.
static inline void fe_watchdog_alive(void)
{
    __atomic_store_n(fe_watchdog_word, 1, __ATOMIC_RELAXED);
}

// Of the event of the supervisor: which bit the thread with this number signals.
static inline uint64_t fe_watchdog_bit(uint32_t number)
{
    return 2ull << number % 63;
}
