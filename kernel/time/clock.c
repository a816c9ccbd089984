// SPDX-License-Identifier: MIT
// The monotonic clock: the hardware's counter in ns, by one multiplication and a shift. The same
// factors go to user space in the clock page, so both read the same time.
#include "kernel/time/clock.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/schedule/cpu.h"
#include "kernel/time/timer.h"
#include <abi/clock.h>
#include <arch/arch.h>
#include <kernel/syscalls.h>
#include "kernel/object/resource.h"

enum : uint64_t { NS_PER_SECOND = 1'000'000'000, CLOCK_END = 1ull << 61 }; // 73 years
enum : uint32_t { CLOCK_SHIFT = 32, INVERSE_SHIFT = 56 };

typedef unsigned _BitInt(128) wide;

static uint64_t frequency, multiplier, start;
static uint64_t inverse; // ticks per ns, times 1 << INVERSE_SHIFT, rounded down
static struct memory *page_memory;
static struct fe_clock_page *page;

// 1 << exponent, divided by `divisor`.
static uint64_t divide_power(uint32_t exponent, uint64_t divisor)
{
    uint64_t quotient = 0, rest = 1;
    for (uint32_t i = 0; i <= exponent; i++) {
        quotient = quotient << 1 | (rest >= divisor);
        if (rest >= divisor) rest -= divisor;
        rest <<= 1;
    }
    return quotient;
}

void clock_start(void)
{
    frequency = arch_counter_frequency();
    ASSERT(frequency > 0 && frequency < UINT64_MAX / NS_PER_SECOND);
    multiplier = (NS_PER_SECOND << CLOCK_SHIFT) / frequency;
    ASSERT(multiplier > 0 && multiplier < 1ull << 62);
    inverse = divide_power(CLOCK_SHIFT + INVERSE_SHIFT, multiplier);
    start = clock_ticks_to_ns(arch_counter());
}

uint64_t clock_ticks_to_ns(uint64_t ticks)
{
    return (uint64_t)(((wide)ticks * multiplier) >> CLOCK_SHIFT);
}

uint64_t clock_ns_to_ticks(uint64_t ns)
{
    return ns / NS_PER_SECOND * frequency + ns % NS_PER_SECOND * frequency / NS_PER_SECOND;
}

uint64_t clock_from_counter(uint64_t counter)
{
    return clock_ticks_to_ns(counter) - start;
}

uint64_t clock_now(void)
{
    return clock_from_counter(arch_counter());
}

// The first counter value at which the clock says `ns` or more, so that a timer is neither early
// nor set twice. The factors are rounded down, so the exact value may be a little short and is made
// up for.
uint64_t clock_to_counter(uint64_t ns)
{
    if (ns > CLOCK_END - start) return UINT64_MAX;
    uint64_t wanted = ns + start;
    uint64_t ticks = (uint64_t)((wide)wanted * inverse >> INVERSE_SHIFT);
    for (uint64_t reached; (reached = clock_ticks_to_ns(ticks)) < wanted;) {
        ticks += (wanted - reached - 1) * frequency / NS_PER_SECOND + 1;
    }
    return ticks;
}

void clock_page_init(void)
{
    uint64_t physical;
    struct page *first;
    if (memory_make(nullptr, PAGE_SIZE, &page_memory) != OK ||
        memory_page(page_memory, 0, true, &first, &physical) != OK ||
        memory_seal(page_memory) != OK) { // sealed: mapped by as many as there are
        boot_refuse("too little memory for the clock page");
    }
    page = page_address(first);
    *page = (struct fe_clock_page){
        .shift = CLOCK_SHIFT,
        .multiplier = multiplier,
        .base = -start,
        .frequency = frequency,
    };
}

struct memory *clock_page_memory(void)
{
    return page_memory;
}

void clock_set_realtime(uint64_t realtime)
{
    __atomic_store_n(&page->sequence, page->sequence + 1, __ATOMIC_SEQ_CST);
    ASSERT(page->sequence % 2 == 1);
    __atomic_store_n(&page->realtime, (int64_t)realtime, __ATOMIC_SEQ_CST);
    __atomic_store_n(&page->sequence, page->sequence + 1, __ATOMIC_SEQ_CST);
}

enum status sys_clock_read(uint64_t *now)
{
    *now = clock_now();
    return OK;
}

enum status sys_clock_page(uintptr_t *address)
{
    *address = process_current()->clock_page;
    return OK;
}

enum status sys_clock_adjust(struct resource *resource, uint64_t realtime)
{
    TRY(resource_check(resource, RESOURCE_SYSTEM, 0, 1));
    clock_set_realtime(realtime);
    return OK;
}
