// SPDX-License-Identifier: MIT
// The supervisor's side of faults that are injected: ferrite/watchdog.h.
#include <abi/syscalls.h>
#include <ferrite/libc.h>
#include <ferrite/watchdog.h>

enum status fe_watchdog_inject(fe_handle memory, uint64_t place, enum watch_fault fault)
{
    uint32_t word = fault;
    return fe_memory_write(memory, place + offsetof(struct fe_watch, fault), &word, sizeof word);
}

enum watch_fault fe_watchdog_fault_named(const char *word, size_t size)
{
    static const char *const names[WATCH_FAULTS] = {
        [WATCH_HANG] = "hang", [WATCH_SPIN] = "spin", [WATCH_FAULT] = "fault"};
    for (uint32_t i = WATCH_NO_FAULT + 1; i < WATCH_FAULTS; i++) {
        if (strlen(names[i]) == size && memcmp(names[i], word, size) == 0)
            return (enum watch_fault)i;
    }
    return WATCH_NO_FAULT;
}
