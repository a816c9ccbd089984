// SPDX-License-Identifier: MIT
// Address spaces that several CPUs use at once: what one takes away, the others do not see any
// more when the call is over.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint64_t { DURATION = 2 * SECOND };
enum : uint32_t { PAGES = 8, WRITERS = 3, WORDS = FE_PAGE_SIZE / sizeof(uint64_t) };

static volatile uint64_t *shared;
static _Atomic uint32_t over, wrong;
static volatile bool stop;

// Keeps changing every page, so that its CPU keeps their translations.
static void write(void *which)
{
    for (uint64_t value = 1; !stop; value++)
        for (uint32_t page = 0; page < PAGES; page++)
            shared[page * WORDS + (uintptr_t)which] = value;
    over++;
}

// A clone's contents, twice with some time between: what writers still reach changes.
static bool is_still(fe_handle clone)
{
    static uint64_t first[WRITERS + 1], again[WRITERS + 1];
    for (uint32_t page = 0; page < PAGES; page++) {
        uint64_t offset = (uint64_t)page * FE_PAGE_SIZE;
        if (fe_memory_read(clone, offset, first, sizeof first) != OK) return false;
        for (uint32_t i = 0; i < 2000; i++) __asm__ volatile("" : : : "memory");
        if (fe_memory_read(clone, offset, again, sizeof again) != OK) return false;
        if (memcmp(first, again, sizeof first) != 0) return false;
    }
    return true;
}

TEST("a clone does not change while threads on other CPUs write to its original")
{
    fe_handle memory, clone;
    void *address;
    uint32_t clones = 0;
    EXPECT(fe_memory_create(PAGES * FE_PAGE_SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_map(memory, 0, PAGES * FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address) == OK);
    shared = address;
    stop = false;
    over = 0;
    for (uintptr_t i = 0; i < WRITERS; i++) EXPECT(guest_thread(write, (void *)i, 0) == OK);
    uint64_t end = fe_clock_after(DURATION);
    for (; fe_clock_monotonic() < end; clones++) {
        EXPECT(fe_memory_clone(memory, 0, PAGES * FE_PAGE_SIZE, &clone) == OK);
        EXPECT(is_still(clone));
        EXPECT(fe_handle_close(clone) == OK);
    }
    stop = true;
    EXPECT(guest_reaches(&over, WRITERS));
    guest_print("%u clones\n", clones);
    EXPECT(fe_memory_unmap(address, PAGES * FE_PAGE_SIZE) == OK && fe_handle_close(memory) == OK);
}

static void map_and_unmap(void *which)
{
    uint64_t end = fe_clock_after(DURATION), count = 0;
    for (; fe_clock_monotonic() < end; count++) {
        fe_handle memory;
        void *address;
        if (fe_memory_create(PAGES * FE_PAGE_SIZE, 0, &memory) != OK ||
            fe_memory_map(memory, 0, PAGES * FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address) != OK) {
            wrong++;
            break;
        }
        volatile uint64_t *word = address;
        for (uint32_t page = 0; page < PAGES; page++) {
            if (word[page * WORDS] != 0) wrong++; // another's page, seen through an old translation
            word[page * WORDS] = count << 8 | (uintptr_t)which;
        }
        for (uint32_t page = 0; page < PAGES; page++)
            if (word[page * WORDS] != (count << 8 | (uintptr_t)which)) wrong++;
        if (fe_memory_unmap(address, PAGES * FE_PAGE_SIZE) != OK) wrong++;
        if (fe_handle_close(memory) != OK) wrong++;
    }
    over++;
}

TEST("threads on all CPUs map, touch and unmap at addresses that the others had before")
{
    over = wrong = 0;
    for (uintptr_t i = 0; i < WRITERS; i++) EXPECT(guest_thread(map_and_unmap, (void *)i, 0) == OK);
    EXPECT(guest_reaches(&over, WRITERS) && wrong == 0);
}

// The child's threads spin on a page until one of them takes it away: that ends the child.
static void touch(void *)
{
    for (;;) shared[0]++;
}

int guest_child(const char *)
{
    fe_handle memory;
    void *address;
    if (fe_memory_create(FE_PAGE_SIZE, 0, &memory) != OK) return 1;
    if (fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address) != OK) return 2;
    shared = address;
    for (uint32_t i = 0; i < WRITERS; i++)
        if (guest_thread(touch, nullptr, 0) != OK) return 3;
    while (shared[0] < 1000);
    if (fe_memory_unmap(address, FE_PAGE_SIZE) != OK) return 4;
    for (;;) (void)!fe_thread_yield();
}

TEST("a page that is taken away is gone for the threads on other CPUs too")
{
    uint64_t end = fe_clock_after(DURATION);
    while (fe_clock_monotonic() < end) {
        struct fe_child child;
        struct fe_process_info info;
        EXPECT(guest_spawn("touch", nullptr, 0, &child) == OK);
        EXPECT(guest_wait(&child, &info) == OK);
        int32_t reason = FE_EXIT_FAULT - info.exit_code;
        EXPECT(reason == FAULT_READ || reason == FAULT_WRITE);
    }
}
