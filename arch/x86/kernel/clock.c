// SPDX-License-Identifier: MIT
// Time: the time stamp counter, calibrated against a counter of known frequency, and this
// processor's local APIC timer. The kernel never changes the processor's frequency nor lets it
// sleep deeper than HLT, so the counter runs evenly also where the processor does not promise it
// for every power state.
#include "arch/x86/clock.h"
#include <arch/arch.h>
#include "kernel/device/x86/lapic.h"
#include "kernel/log.h"
#include "kernel/schedule/cpu.h"

enum : uint32_t { WINDOWS_PER_SECOND = 200, SAMPLE_TRIES = 8, SCALE_SHIFT = 32 };

struct sample {
    uint64_t counter, reference;
    uint32_t timer;
};

static uint64_t counter_frequency;
static uint64_t timer_scale; // timer ticks per count, shifted; 0: the timer takes deadlines

// All three counters at one moment: of several tries the one that took least time.
static struct sample sample_take(const struct reference *reference)
{
    struct sample best = {};
    uint64_t best_span = UINT64_MAX;

    for (uint32_t i = 0; i < SAMPLE_TRIES; i++) {
        uint64_t before = tsc_read();
        uint64_t value = reference->read();
        uint32_t timer = lapic_timer_left();
        uint64_t after = tsc_read();
        if (after - before >= best_span) continue;
        best_span = after - before;
        best = (struct sample){before + best_span / 2, value, timer};
    }
    return best;
}

void clock_calibrate(const struct reference *reference)
{
    uint64_t window = reference->frequency / WINDOWS_PER_SECOND;

    lapic_timer_start(UINT32_MAX);
    struct sample begin = sample_take(reference);
    while (((reference->read() - begin.reference) & reference->mask) < window) {
        __asm__ volatile("pause");
    }
    struct sample end = sample_take(reference);
    lapic_timer_start(0);

    uint64_t elapsed = (end.reference - begin.reference) & reference->mask;
    uint64_t counts = end.counter - begin.counter;
    uint64_t ticks = begin.timer - end.timer;
    counter_frequency = counts * reference->frequency / elapsed;
    if (cpu_feature_use(FEATURE_TSC_DEADLINE)) {
        lapic_timer_use_deadline();
    } else {
        timer_scale = (ticks << SCALE_SHIFT) / counts;
        if (timer_scale == 0) panic("the local APIC's timer does not count");
    }
    bool is_invariant = cpu_feature_use(FEATURE_INVARIANT_TSC);
    log_print("clock: %lu kHz by %s%s, timer %s\n", (unsigned long)counter_frequency / 1000,
              reference->name, is_invariant ? ", invariant" : "",
              timer_scale == 0 ? "by deadline" : "one-shot");
}

uint64_t arch_counter_frequency(void)
{
    return counter_frequency;
}

// The moment that is waited for is in struct cpu's `arch` words, of which it takes two where they
// have 32 bits.
static void target_set(uint64_t counter)
{
    __builtin_memcpy(&arch_cpu()->arch[CPU_TIMER], &counter, sizeof counter);
}

static uint64_t target_get(void)
{
    uint64_t counter;
    __builtin_memcpy(&counter, &arch_cpu()->arch[CPU_TIMER], sizeof counter);
    return counter;
}

void clock_timer_set(uint64_t counter)
{
    target_set(counter);
    if (timer_scale == 0) {
        msr_write(MSR_TSC_DEADLINE, counter == UINT64_MAX ? 0 : counter);
        return;
    }
    if (counter == UINT64_MAX) {
        lapic_timer_start(0);
        return;
    }
    uint64_t now = tsc_read();
    uint64_t counts = counter > now ? counter - now : 0;
    if (counts > UINT32_MAX) counts = UINT32_MAX; // fires early and is set again
    uint64_t ticks = (counts * timer_scale >> SCALE_SHIFT) + 1;
    lapic_timer_start(ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
}

bool clock_timer_is_due(void)
{
    uint64_t target = target_get();
    if (tsc_read() >= target) return true;
    arch_timer_set(target);
    return false;
}
