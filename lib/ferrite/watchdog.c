// SPDX-License-Identifier: MIT
// The side of the service that is watched: ferrite/watchdog.h.
#include <abi/syscalls.h>
#include <ferrite/start.h>
#include <ferrite/thread.h>
#include <ferrite/watchdog.h>

static const uintptr_t NOWHERE = 16; // no memory is mapped there

static uint32_t unwatched = 1;
static fe_handle event;

uint32_t *fe_watchdog_word = &unwatched;

void fe_watchdog_begin(void)
{
    event = fe_start_handle("watchdog");
    if (event == FE_NO_HANDLE) return;
    struct fe_watch *watch = (struct fe_watch *)&fe_start()->watch;
    watch->thread = fe_thread_number();
    fe_watchdog_word = &watch->came_round;
}

static void fault_make(uint32_t fault)
{
    fe_handle never;
    uint64_t bits;
    if (fault == WATCH_FAULT) *(volatile char *)NOWHERE = 1;
    if (fault == WATCH_HANG && fe_event_create(&never) == OK)
        (void)!fe_event_wait(never, 1, FE_UNINTERRUPTED, &bits);
    for (;;) __asm__ volatile("");
}

// First the word, then the signal: the supervisor clears the word before it looks whether the
// thread rests.
void fe_watchdog_tell(void)
{
    __atomic_store_n(fe_watchdog_word, 1, __ATOMIC_SEQ_CST);
    uint64_t bit = fe_watchdog_bit(fe_thread_number());
    [[maybe_unused]] enum status status = fe_event_signal(event, bit);
    struct fe_watch *watch = (struct fe_watch *)fe_watchdog_word;
    uint32_t fault = __atomic_exchange_n(&watch->fault, WATCH_NO_FAULT, __ATOMIC_RELAXED);
    if (fault != WATCH_NO_FAULT) [[clang::unlikely]]
        fault_make(fault);
}
