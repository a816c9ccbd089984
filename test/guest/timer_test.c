// SPDX-License-Identifier: MIT
// Timers on every CPU: never early, by whichever CPU's clock, and periods that do not drift. How
// late they are depends on the machine, and is nowhere looked at.
#include <abi/trace.h>
#include <ferrite/libc.h>
#include <ferrite/wide.h>
#include <guest/guest.h>

enum : uint32_t { ROUNDS = 50, BEATS = 20, HOPS = 200, CAPACITY = 512 };
enum : uint64_t { PERIOD = 2 * MILLISECOND + 1 };
enum : size_t { RING_SIZE = FE_TRACE_RECORDS + CAPACITY * sizeof(struct fe_trace_record) };

// Up to a millisecond.
static uint64_t some_time(void)
{
    static uint64_t random = 1;
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 32) % MILLISECOND;
}

static uint32_t early; // timers that fired before they were due

// Waits on CPU `here` for timers of CPU `there`.
static void wait_for(fe_handle event, uint32_t here, uint32_t there)
{
    uint64_t bits;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        guest_cpus(there, 1);
        uint64_t due = fe_clock_after(some_time());
        EXPECT(fe_event_arm(event, 1, due, 0) == OK);
        guest_cpus(here, 1);
        EXPECT(fe_event_wait(event, 1, guest_limit(), &bits) == OK);
        early += fe_clock_monotonic() < due;
    }
}

TEST("nothing is early: neither a timer, nor by the clock of another CPU, nor a deadline")
{
    fe_handle event;
    uint64_t bits;
    uint32_t cpus = guest_cpu_count();
    early = 0;
    EXPECT(fe_event_create(&event) == OK);
    for (uint32_t pair = 0; pair < cpus * cpus; pair++) wait_for(event, pair % cpus, pair / cpus);
    for (uint32_t round = 0; round < cpus * ROUNDS; round++) {
        guest_cpus(round % cpus, 1);
        uint64_t due = fe_clock_after(some_time());
        EXPECT(fe_event_wait(event, 1, due, &bits) == ERR_TIMED_OUT);
        early += fe_clock_monotonic() < due;
    }
    guest_cpus(0, ALL_CPUS);
    EXPECT(early == 0 && fe_handle_close(event) == OK);
}

TEST("a thread that goes from CPU to CPU never sees the clock go back")
{
    uint32_t cpus = guest_cpu_count(), back = 0;
    uint64_t before = fe_clock_monotonic();
    for (uint32_t hop = 0; hop < HOPS; hop++) {
        guest_cpus(hop % cpus, 1);
        uint64_t now = fe_clock_monotonic();
        back += now < before;
        before = now;
    }
    guest_cpus(0, ALL_CPUS);
    EXPECT(back == 0);
}

// What the kernel recorded of a period's beat, and when the thread that waited for it had it.
struct beat {
    uint64_t due, fired, taken;
};

// Finds in the ring the beats of a period that begins at `first`: timers that are due a whole
// number of periods later. How many there are; of more than `beats` has room for, too many.
static uint32_t look(const struct fe_trace_head *head, uint64_t first, struct beat *beats)
{
    const uint8_t *base = (const uint8_t *)head + FE_TRACE_RECORDS;
    uint64_t next = fe_count_read(&head->next);
    uint32_t count = 0;
    for (uint64_t n = next > CAPACITY ? next - CAPACITY : 0; n < next; n++) {
        const struct fe_trace_record *record = (const struct fe_trace_record *)base + n % CAPACITY;
        if (record->kind != TRACE_TIMER) continue;
        early += (int64_t)record->word[1] < 0;
        if (record->word[0] < first || (record->word[0] - first) % PERIOD != 0) continue;
        if (count < BEATS + 1) {
            beats[count].due = record->word[0];
            beats[count].fired = record->word[0] + record->word[1];
        }
        count++;
    }
    return count;
}

// Whether `next` is the beat that follows `beat`: not one that was over when that one came, and
// none later than the first that was to come when that one was taken.
static bool follows(const struct beat *next, const struct beat *beat)
{
    return next->due > beat->fired && next->due <= beat->taken + PERIOD;
}

// Each beat was waited for; one more may have come before the period was ended.
static bool is_kept(const struct beat *beats, uint32_t count, uint64_t first)
{
    bool is_right = early == 0 && (count == BEATS || count == BEATS + 1) && beats[0].due == first;
    for (uint32_t i = 0; i < BEATS && is_right; i++) {
        is_right = beats[i].taken >= beats[i].due;
        if (i + 1 < count) is_right = is_right && follows(&beats[i + 1], &beats[i]);
    }
    if (is_right) return true;
    guest_print("%u early, %u beats of a period of %lu ns from %lu; due, fired, taken:\n", early,
                count, (unsigned long)PERIOD, (unsigned long)first);
    for (uint32_t i = 0; i < count && i < BEATS + 1; i++)
        guest_print("%lu %lu %lu\n", (unsigned long)beats[i].due, (unsigned long)beats[i].fired,
                    (unsigned long)beats[i].taken);
    return false;
}

// A period's beats, waited for on CPU `cpu`, as its ring has them. The event is a new one, because
// a beat that nobody has taken stays with its event when the period is ended.
static void beat_on(uint32_t cpu)
{
    fe_handle system = guest_resource("system"), memory, event;
    struct beat beats[BEATS + 1] = {};
    void *ring;
    uint64_t bits;
    guest_cpus(cpu, 1);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_trace_create(system, cpu, CAPACITY, &memory) == OK);
    EXPECT(fe_memory_map(memory, 0, RING_SIZE, MAP_READ, &ring) == OK);
    EXPECT(fe_trace_start(system, 1u << TRACE_TIMER, FE_NO_HANDLE, 0) == OK);
    uint64_t first = fe_clock_after(MILLISECOND);
    EXPECT(fe_event_arm(event, 1, first, PERIOD) == OK);
    for (uint32_t i = 0; i < BEATS; i++) {
        EXPECT(fe_event_wait(event, 1, guest_limit(), &bits) == OK);
        beats[i].taken = fe_clock_monotonic();
    }
    EXPECT(fe_event_arm(event, 1, FE_FOREVER, 0) == OK && fe_trace_stop(system) == OK);
    EXPECT(is_kept(beats, look(ring, first, beats), first));
    EXPECT(fe_memory_unmap(ring, RING_SIZE) == OK && fe_handle_close(memory) == OK);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("a period does not drift: whenever it is looked at, it is due a whole number of periods later")
{
    early = 0;
    for (uint32_t cpu = 0; cpu < guest_cpu_count(); cpu++) beat_on(cpu);
    guest_cpus(0, ALL_CPUS);
}
