// SPDX-License-Identifier: MIT
// What memory and processes cost: mapping a page, the fault that gives a zeroed one, a minimal
// program from spawn to its end.
#include "measure.h"

int guest_child(const char *)
{
    return 0;
}

TEST("mapping and unmapping a page")
{
    fe_handle memory, self = fe_process_self();
    uintptr_t at;
    EXPECT(fe_memory_create(FE_PAGE_SIZE, MEMORY_COMMIT, &memory) == OK);
    MEASURE("map_unmap", {
        EXPECT(fe_process_map(self, memory, 0, FE_PAGE_SIZE, 0, MAP_READ | MAP_WRITE, &at) == OK);
        EXPECT(fe_process_unmap(self, at, FE_PAGE_SIZE) == OK);
    });
    MEASURE("map_touch_unmap", {
        EXPECT(fe_process_map(self, memory, 0, FE_PAGE_SIZE, 0, MAP_READ | MAP_WRITE, &at) == OK);
        *(volatile char *)at = 1;
        EXPECT(fe_process_unmap(self, at, FE_PAGE_SIZE) == OK);
    });
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("the first write to a page")
{
    enum : size_t { SIZE = (WARM_UP + ROUNDS) * FE_PAGE_SIZE };
    void *memory;
    EXPECT(fe_memory_allocate(SIZE, &memory) == OK);
    volatile char *pages = memory;
    MEASURE("page_fault", pages[i * FE_PAGE_SIZE] = 1);
    EXPECT(fe_memory_unmap(memory, SIZE) == OK);
}

TEST("spawning a minimal program and waiting for its end")
{
    struct fe_process_info info;
    struct fe_child child;
    uint64_t start = 0;
    for (uint32_t i = 0; i < 8 + 64; i++) {
        if (i == 8) start = fe_clock_monotonic();
        EXPECT(guest_spawn("nothing", nullptr, 0, &child) == OK);
        EXPECT(guest_wait(&child, &info) == OK);
        EXPECT(info.exit_code == 0);
    }
    report("spawn_wait", fe_clock_monotonic() - start, 64);
}
