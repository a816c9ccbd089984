// SPDX-License-Identifier: MIT
// What was used is given back, to the page, however often: processes come and go by the thousand.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uint32_t { WARM_UP = 64, SPAWNS = 10'000, SLACK = 8 * FE_PAGE_SIZE, LOOKS = 10 };

static volatile uint8_t touched[8 * FE_PAGE_SIZE];

// Each leaves behind what a program may: pages, a mapping, handles.
int guest_child(const char *)
{
    void *memory;
    fe_handle event;
    for (size_t i = 0; i < sizeof touched; i += FE_PAGE_SIZE) touched[i] = 1;
    if (fe_memory_allocate(4 * FE_PAGE_SIZE, &memory) != OK) return 1;
    *(volatile uint8_t *)memory = 1;
    return fe_event_create(&event) == OK ? 0 : 2;
}

static bool spawn_some(uint32_t count)
{
    struct fe_process_info info;
    struct fe_child child;
    for (uint32_t i = 0; i < count; i++) {
        if (guest_spawn("leave", nullptr, 0, &child) != OK) return false;
        if (guest_wait(&child, &info) != OK || info.exit_code != 0) return false;
    }
    return true;
}

// The most that are there at once later on: a slice may end while one is dead and not cleaned up
// yet, and the next begins. What slabs keep ready for such a moment is not missed then.
static bool spawn_two(void)
{
    struct fe_process_info info;
    struct fe_child child[2];
    for (uint32_t i = 0; i < 2; i++) {
        if (guest_spawn("leave", nullptr, 0, &child[i]) != OK) return false;
    }
    for (uint32_t i = 0; i < 2; i++) {
        if (guest_wait(&child[i], &info) != OK || info.exit_code != 0) return false;
    }
    return true;
}

// Bytes, once nobody cleans up behind the dead any more: when no look of several in a row finds
// more. One alone could be that of a machine that stood still meanwhile.
static uint64_t memory_free(void)
{
    struct fe_system_info info;
    uint64_t before = 0;
    for (uint32_t looks = 0; looks < LOOKS; looks++) {
        if (fe_system_inspect(guest_resource("system"), &info) != OK) return 0;
        if (info.memory_free != before) looks = 0;
        before = info.memory_free;
        fe_clock_sleep_until(fe_clock_after(5 * MILLISECOND));
    }
    return before;
}

TEST("ten thousand processes leave free memory where it was")
{
    struct fe_system_info info;
    EXPECT(fe_system_inspect(guest_resource("system"), &info) == OK);
    EXPECT(spawn_some(WARM_UP) && spawn_two());
    uint64_t before = memory_free();
    // Emulated CPUs share a real one; and who ends first on several is not the same each time, so
    // that slabs may be left with a page more or less. A lost object would be many.
    // Without an MMU each gets a copy of the whole program, so there are fewer of them.
    bool is_alone = info.cpu_count == 1, is_quick = is_alone && guest_translates;
    EXPECT(spawn_some(is_quick ? SPAWNS : SPAWNS / 10));
    uint64_t after = memory_free();
    if (after != before) guest_print("%ld bytes are missing\n", (long)(before - after));
    EXPECT(before != 0 && (is_alone ? after == before : after + SLACK >= before));
}
