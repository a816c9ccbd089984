// SPDX-License-Identifier: MIT
// Tests that look when everybody else waits: a thread of the lowest priority has its turn only
// then.
#include <guest/guest.h>

enum : uint32_t { LEAST = 1 };
enum : uint64_t { GO = 1, REST = 2 };

static fe_handle turn, turned;

static void have_turn(void *)
{
    uint64_t bits;
    while (fe_event_wait(turn, GO | REST, FE_FOREVER, &bits) == OK && bits == GO) {
        (void)!fe_event_signal(turned, GO);
    }
}

static bool become(uint32_t priority, uint32_t cpus)
{
    struct fe_schedule schedule = {.priority = priority};
    guest_cpus(0, cpus);
    return fe_thread_schedule(fe_start_handle("thread"), &schedule) == OK;
}

bool guest_turn_begin(uint32_t priority)
{
    return fe_event_create(&turn) == OK && fe_event_create(&turned) == OK && become(priority, 1) &&
           guest_thread(have_turn, nullptr, LEAST) == OK;
}

bool guest_let_run(void)
{
    uint64_t bits;
    return fe_event_signal(turn, GO) == OK && fe_event_wait(turned, GO, guest_limit(), &bits) == OK;
}

bool guest_turn_end(void)
{
    return fe_event_signal(turn, REST) == OK && fe_handle_close(turn) == OK &&
           fe_handle_close(turned) == OK && become(PRIORITY_DEFAULT, ALL_CPUS);
}
