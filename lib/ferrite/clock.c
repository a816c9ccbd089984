// SPDX-License-Identifier: MIT
// Time by the clock page: a sequence lock around a multiplier, as abi/clock.h says.
#include <abi/clock.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/counter.h>

static const struct fe_clock_page *clock_page_get(void)
{
    static const struct fe_clock_page *known;
    const struct fe_clock_page *page = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (page) return page;
    uintptr_t address;
    if (fe_clock_page(&address) != OK) return nullptr;
    page = (const struct fe_clock_page *)address;
    __atomic_store_n(&known, page, __ATOMIC_RELAXED);
    return page;
}

typedef unsigned _BitInt(128) wide;

struct reading {
    uint64_t monotonic;
    int64_t realtime;
};

static struct reading read_page(const struct fe_clock_page *page)
{
    struct reading reading;
    uint32_t sequence;
    do {
        sequence = __atomic_load_n(&page->sequence, __ATOMIC_ACQUIRE);
        wide product = (wide)fe_counter() * page->multiplier;
        reading.monotonic = page->base + (uint64_t)(product >> page->shift);
        reading.realtime = page->realtime;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while ((sequence & 1) || sequence != __atomic_load_n(&page->sequence, __ATOMIC_RELAXED));
    return reading;
}

static struct reading now(void)
{
    const struct fe_clock_page *page = clock_page_get();
    if (page && fe_has_counter) return read_page(page);
    struct reading reading = {.realtime = page ? page->realtime : 0};
    if (fe_clock_read(&reading.monotonic) != OK) reading.monotonic = 0;
    return reading;
}

uint64_t fe_clock_monotonic(void)
{
    return now().monotonic;
}

uint64_t fe_clock_realtime(void)
{
    struct reading reading = now();
    return reading.monotonic + (uint64_t)reading.realtime;
}

uint64_t fe_clock_after(uint64_t ns)
{
    uint64_t time = fe_clock_monotonic();
    return ns >= FE_UNINTERRUPTED - time ? FE_FOREVER : time + ns;
}

// The factors of a page never change.
uint64_t fe_clock_from_counter(uint64_t counter)
{
    const struct fe_clock_page *page = clock_page_get();
    if (page == nullptr) return 0;
    return page->base + (uint64_t)((wide)counter * page->multiplier >> page->shift);
}

void fe_clock_sleep_until(uint64_t deadline)
{
    uint32_t word = 0;
    [[maybe_unused]] enum status status = fe_futex_wait((uintptr_t)&word, 0, deadline);
}
