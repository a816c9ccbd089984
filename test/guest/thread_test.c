// SPDX-License-Identifier: MIT
// Threads: made, watched, interrupted, scheduled by priority, with a TLS register of their own.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

static fe_handle gate; // an event that threads here wait for

static void wait_at_gate(void *argument)
{
    uint64_t bits;
    *(enum status *)argument = fe_event_wait(gate, 1, FE_FOREVER, &bits);
}

static enum status watch(fe_handle thread, fe_handle *event)
{
    TRY(fe_event_create(event));
    return fe_thread_watch(thread, *event, 1);
}

TEST("a thread's end is told to who watches")
{
    static enum status ended;
    fe_handle thread, end;
    uint64_t bits;
    EXPECT(fe_event_create(&gate) == OK);
    EXPECT(fe_thread_spawn(wait_at_gate, &ended, 64 << 10, 0, &thread) == OK);
    EXPECT(watch(thread, &end) == OK);
    EXPECT(fe_event_wait(end, 1, 0, &bits) == ERR_TIMED_OUT);
    EXPECT(fe_event_signal(gate, 1) == OK);
    EXPECT(fe_event_wait(end, 1, guest_limit(), &bits) == OK && ended == OK);
    EXPECT(fe_handle_close(thread) == OK && fe_handle_close(end) == OK);
    EXPECT(fe_handle_close(gate) == OK);
}

TEST("any number may watch a thread, and each is told of its end")
{
    enum : uint32_t { WATCHERS = 200 };
    static fe_handle events[WATCHERS];
    static enum status ended;
    fe_handle thread;
    uint64_t bits;
    EXPECT(fe_event_create(&gate) == OK);
    EXPECT(fe_thread_spawn(wait_at_gate, &ended, 64 << 10, 0, &thread) == OK);
    for (uint32_t i = 0; i < WATCHERS; i++) EXPECT(watch(thread, &events[i]) == OK);
    EXPECT(fe_thread_watch(thread, events[7], 0) == OK); // no longer
    EXPECT(fe_thread_watch(thread, events[8], 6) == OK); // other bits
    EXPECT(fe_event_signal(gate, 1) == OK);
    for (uint32_t i = 0; i < WATCHERS; i++) {
        uint64_t wanted = i == 8 ? 6 : 1;
        if (i != 7)
            EXPECT(fe_event_wait(events[i], UINT64_MAX, guest_limit(), &bits) == OK &&
                   bits == wanted);
    }
    EXPECT(fe_event_wait(events[7], UINT64_MAX, 0, &bits) == ERR_TIMED_OUT);
    EXPECT(fe_thread_watch(thread, events[7], 4) == OK); // at once, of a thread that is dead
    EXPECT(fe_event_wait(events[7], UINT64_MAX, 0, &bits) == OK && bits == 4);
    for (uint32_t i = 0; i < WATCHERS; i++) EXPECT(fe_handle_close(events[i]) == OK);
    EXPECT(fe_handle_close(thread) == OK && fe_handle_close(gate) == OK);
}

TEST("an interrupted wait ends and says so")
{
    static enum status ended = OK;
    fe_handle thread, end;
    uint64_t bits;
    EXPECT(fe_event_create(&gate) == OK);
    EXPECT(guest_turn_begin(PRIORITY_DRIVER));
    EXPECT(fe_thread_spawn(wait_at_gate, &ended, 64 << 10, 0, &thread) == OK);
    EXPECT(watch(thread, &end) == OK);
    EXPECT(guest_let_run());
    EXPECT(guest_turn_end());
    EXPECT(fe_thread_interrupt(thread) == OK);
    EXPECT(fe_event_wait(end, 1, guest_limit(), &bits) == OK);
    EXPECT(ended == ERR_INTERRUPTED);
    EXPECT(fe_handle_close(thread) == OK && fe_handle_close(end) == OK);
    EXPECT(fe_handle_close(gate) == OK);
}

static volatile uint32_t upcalls;

static void upcall(uintptr_t frame)
{
    upcalls++;
    (void)!fe_thread_upcall_return(frame, 0);
}

static void interrupt_main(void *)
{
    fe_clock_sleep_until(fe_clock_after(5 * MILLISECOND));
    (void)!fe_thread_interrupt(fe_start_handle("thread"));
}

TEST("a computing thread is called up, and goes on where it was")
{
    upcalls = 0;
    EXPECT(fe_thread_upcall_set((uintptr_t)upcall) == OK);
    EXPECT(guest_thread(interrupt_main, nullptr, 0) == OK);
    uint64_t deadline = guest_limit();
    double sum = 0, steps = 0;
    while (upcalls == 0 && fe_clock_monotonic() < deadline) {
        sum += 0.5;
        steps += 1;
    }
    EXPECT(sum * 2 == steps);
    EXPECT(upcalls == 1);
    EXPECT(fe_thread_upcall_set(0) == OK);
    EXPECT(fe_thread_upcall_set(kernel_address) != OK);
    EXPECT(fe_thread_upcall_return(unmapped_address, 0) == ERR_BAD_ADDRESS);
}

static struct fe_upcall fault_seen;
static uintptr_t fault_at;
static volatile uint32_t faults;

// Maps what was missed, and has it tried again.
static void mend_fault(uintptr_t frame)
{
    static const uint32_t both = MAP_READ | MAP_WRITE | MAP_FIXED;
    FE_HANDLE memory = FE_NO_HANDLE;
    uintptr_t address;
    fault_at = frame;
    fault_seen = ((const struct fe_upcall *)frame)[-1];
    faults++;
    bool is_mended = fe_memory_create(FE_PAGE_SIZE, 0, &memory) == OK &&
                     fe_process_map(fe_process_self(), memory, 0, FE_PAGE_SIZE,
                                    (uintptr_t)fault_seen.address, both, &address) == OK;
    if (!is_mended && fe_thread_fault_set(0, 0) != OK) fe_exit(1);
    (void)!fe_thread_upcall_return(frame, 0);
}

TEST("a thread that touches what is not there is called up, and goes on when it has been mended")
{
    if (!guest_translates) return; // nothing can be mapped at an address that is wanted
    void *place;
    fe_handle memory;
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &place) == OK);
    EXPECT(fe_memory_unmap(place, FE_PAGE_SIZE) == OK && fe_handle_close(memory) == OK);
    faults = 0;
    EXPECT(fe_thread_fault_set((uintptr_t)mend_fault, 0) == OK);
    double kept = (double)(uintptr_t)place + 0.5;
    *(volatile uint32_t *)place = 7;
    EXPECT(*(volatile uint32_t *)place == 7 && kept == (double)(uintptr_t)place + 0.5);
    EXPECT(faults == 1 && fault_seen.reason == FAULT_WRITE && fault_seen.access == 0);
    EXPECT(fault_seen.address == (uintptr_t)place && fault_seen.place != 0);
    EXPECT(fault_at < fault_seen.stack && fe_memory_unmap(place, FE_PAGE_SIZE) == OK);
    EXPECT(fe_thread_fault_set(kernel_address, 0) == ERR_BAD_ADDRESS);
    EXPECT(fe_thread_fault_set((uintptr_t)mend_fault, kernel_address) == ERR_BAD_ADDRESS);
    EXPECT(fe_thread_fault_set(0, 0) == OK);
}

// Makes `count` threads and waits for their ends.
struct crew {
    fe_handle end[8];
    uint32_t count;
};

static enum status crew_add(struct crew *crew, void (*run)(void *), uintptr_t argument,
                            uint32_t priority)
{
    fe_handle thread;
    TRY(fe_thread_spawn(run, (void *)argument, 64 << 10, priority, &thread));
    TRY(watch(thread, &crew->end[crew->count++]));
    return fe_handle_close(thread);
}

static enum status crew_wait(struct crew *crew)
{
    uint64_t bits;
    while (crew->count > 0) {
        fe_handle end = crew->end[--crew->count];
        TRY(fe_event_wait(end, 1, guest_limit(), &bits));
        TRY(fe_handle_close(end));
    }
    return OK;
}

static volatile uint32_t order[4], order_count;

static void note_order(void *argument)
{
    uint64_t bits;
    uint32_t number = (uint32_t)(uintptr_t)argument;
    if (fe_event_wait(gate, 1u << number, FE_FOREVER, &bits) == OK) order[order_count++] = number;
}

TEST("of several that wake, the most urgent runs first")
{
    EXPECT(fe_event_create(&gate) == OK);
    EXPECT(guest_turn_begin(PRIORITY_DRIVER));
    order_count = 0;
    static const uint32_t priorities[] = {5, 7, 6};
    for (uintptr_t i = 0; i < 3; i++)
        EXPECT(guest_thread(note_order, (void *)i, priorities[i]) == OK);
    EXPECT(guest_let_run());
    EXPECT(fe_event_signal(gate, 7) == OK);
    EXPECT(guest_let_run());
    EXPECT(order_count == 3 && order[0] == 1 && order[1] == 2 && order[2] == 0);
    EXPECT(guest_turn_end());
    EXPECT(fe_handle_close(gate) == OK);
}

enum : uint32_t { TURNS = 20 };
static volatile uint32_t latest, turns;
static volatile bool stop;

// Never waits: it runs until it is another's turn.
static void take_turns(void *argument)
{
    uint32_t own = (uint32_t)(uintptr_t)argument;
    while (!stop) {
        if (latest == own) continue;
        latest = own;
        if (++turns == TURNS) (void)!fe_event_signal(gate, 1);
    }
}

TEST("equals share the processor")
{
    struct crew crew = {};
    uint64_t bits;
    EXPECT(fe_event_create(&gate) == OK);
    stop = false;
    turns = 0;
    guest_cpus(0, 1);
    for (uintptr_t i = 1; i <= 2; i++) EXPECT(crew_add(&crew, take_turns, i, 4) == OK);
    enum status status = fe_event_wait(gate, 1, guest_limit(), &bits);
    stop = true;
    EXPECT(crew_wait(&crew) == OK);
    guest_cpus(0, ALL_CPUS);
    EXPECT(status == OK && fe_handle_close(gate) == OK);
}

static volatile uint32_t at_once; // bit per thread that runs

static void show_up(void *argument)
{
    while (!stop) __atomic_fetch_or(&at_once, 1u << (uintptr_t)argument, __ATOMIC_RELAXED);
}

// All bits within a moment, in which this thread never waits: the others run beside it.
TEST("threads run on as many CPUs as there are at once, at one priority or another")
{
    uint32_t count = guest_cpu_count() < 8 ? guest_cpu_count() : 8, all = (1u << count) - 1;
    uint64_t limit = guest_limit();
    struct crew crew = {};
    struct fe_schedule schedule = {.priority = PRIORITY_DRIVER};
    EXPECT(fe_thread_schedule(fe_start_handle("thread"), &schedule) == OK);
    stop = false;
    for (uintptr_t i = 1; i < count; i++)
        EXPECT(crew_add(&crew, show_up, i, (uint32_t)(4 + i)) == OK);
    do { // this one never leaves its CPU: the others have the rest
        at_once = 1;
        for (uint32_t i = 0; i < 100'000 && at_once != all; i++) (void)fe_clock_monotonic();
    } while (at_once != all && fe_clock_monotonic() < limit);
    EXPECT(at_once == all);
    stop = true;
    schedule.priority = PRIORITY_DEFAULT;
    EXPECT(fe_thread_schedule(fe_start_handle("thread"), &schedule) == OK);
    EXPECT(crew_wait(&crew) == OK);
}

TEST("an affinity is obeyed at once, and checked")
{
    fe_handle thread = fe_start_handle("thread"), system = guest_resource("system");
    struct fe_cpu_info info;
    uint64_t id;
    EXPECT(fe_thread_current(&id) == OK);
    for (uint32_t cpu = 0; cpu < guest_cpu_count(); cpu++) {
        guest_cpus(cpu, 1);
        EXPECT(fe_cpu_inspect(system, cpu, &info) == OK && info.thread == id);
    }
    guest_cpus(0, ALL_CPUS);
    EXPECT(fe_thread_affinity(thread, guest_cpu_count(), 1) == ERR_BAD_ARGUMENT);
    EXPECT(fe_thread_affinity(thread, 0, 0) == ERR_BAD_ARGUMENT);
    EXPECT(fe_thread_affinity(NO_SUCH_HANDLE, 0, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_thread_affinity(fe_process_self(), 0, 1) == ERR_WRONG_TYPE);
    fe_handle weak = guest_weaken(thread, RIGHT_INSPECT);
    EXPECT(fe_thread_affinity(weak, 0, 1) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK);
}

TEST("yielding and asking who one is work, scheduling parameters are checked")
{
    uint64_t id, again;
    fe_handle thread = fe_start_handle("thread");
    struct fe_schedule schedule = {.priority = PRIORITY_DEFAULT};
    EXPECT(fe_thread_yield() == OK);
    EXPECT(fe_thread_current(&id) == OK && fe_thread_current(&again) == OK && id == again);
    EXPECT(fe_thread_schedule(thread, &schedule) == OK);
    schedule.priority = PRIORITY_COUNT;
    EXPECT(fe_thread_schedule(thread, &schedule) != OK);
    schedule = (struct fe_schedule){.priority = PRIORITY_DEFAULT, .flags = 0x80};
    EXPECT(fe_thread_schedule(thread, &schedule) == ERR_BAD_ARGUMENT);
    EXPECT(fe_thread_schedule(thread, (struct fe_schedule *)kernel_address) == ERR_BAD_ADDRESS);
    fe_handle weak = guest_weaken(thread, RIGHT_INSPECT);
    EXPECT(fe_thread_schedule(weak, &schedule) == ERR_NO_RIGHT);
    EXPECT(fe_thread_interrupt(weak) == ERR_NO_RIGHT);
    EXPECT(fe_thread_watch(weak, NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(weak) == OK);
}

TEST("threads are not made in other processes without the right, nor from bad options")
{
    uint64_t id;
    fe_handle thread, weak = guest_weaken(fe_process_self(), RIGHT_INSPECT);
    struct fe_thread_options options = {.entry = (uintptr_t)wait_at_gate};
    EXPECT(fe_thread_create(weak, &options, &thread, &id) == ERR_NO_RIGHT);
    EXPECT(fe_thread_create(fe_process_self(), (struct fe_thread_options *)unmapped_address,
                            &thread, &id) == ERR_BAD_ADDRESS);
    options.entry = kernel_address;
    EXPECT(fe_thread_create(fe_process_self(), &options, &thread, &id) != OK);
    options.entry = (uintptr_t)wait_at_gate;
    options.stack_pointer = (uintptr_t)&options;
    options.flags = THREAD_UNHELD << 1;
    EXPECT(fe_thread_create(fe_process_self(), &options, &thread, &id) == ERR_BAD_ARGUMENT);
    EXPECT(fe_handle_close(weak) == OK);
}

static uint64_t found_id;

static void find_id(void)
{
    uint64_t bits;
    if (fe_thread_current(&found_id) == OK) (void)!fe_event_signal(gate, 1);
    (void)!fe_event_wait(gate, 2, FE_FOREVER, &bits);
    (void)!fe_thread_exit(0);
}

TEST("a thread that nobody holds is known by its id, and found by it as long as it lives")
{
    static uint64_t stack[1024];
    struct fe_thread_options options = {.entry = (uintptr_t)find_id,
                                        .stack_pointer = (uintptr_t)(stack + 1000) - 8,
                                        .flags = THREAD_UNHELD};
    fe_handle thread, found, end;
    uint64_t id, same, bits;
    EXPECT(fe_event_create(&gate) == OK);
    EXPECT(fe_thread_create(fe_process_self(), &options, &thread, &id) == OK);
    EXPECT(thread == FE_NO_HANDLE);
    EXPECT(fe_event_wait(gate, 1, guest_limit(), &bits) == OK && found_id == id);
    EXPECT(fe_process_thread(fe_process_self(), id - 1, &found, &same) == OK && same == id);
    EXPECT(watch(found, &end) == OK);
    EXPECT(fe_event_signal(gate, 2) == OK);
    EXPECT(fe_event_wait(end, 1, guest_limit(), &bits) == OK);
    EXPECT(fe_handle_close(found) == OK && fe_handle_close(end) == OK);
    EXPECT(fe_process_thread(fe_process_self(), id - 1, &found, &same) == ERR_NOT_FOUND);
    EXPECT(fe_handle_close(gate) == OK);
}

static uint32_t ended_word = 1;

static void exit_clearing(void *)
{
    (void)!fe_thread_exit((uintptr_t)&ended_word);
}

TEST("a thread that exits clears its word and wakes who waits for that")
{
    EXPECT(guest_thread(exit_clearing, nullptr, 0) == OK);
    enum status status = fe_futex_wait((uintptr_t)&ended_word, 1, guest_limit());
    EXPECT(status == OK || status == ERR_AGAIN);
    EXPECT(ended_word == 0);
}

TEST("the thread pointer is the thread's own, and not the kernel's")
{
    EXPECT(fe_thread_pointer_set(kernel_address) != OK);
}

TEST("a handle's ceiling bounds what can be asked through it, and a copy's is never higher")
{
    fe_handle thread = fe_start_handle("thread"), low, copy;
    struct fe_schedule schedule = {.priority = 10};
    uint32_t rights = RIGHT_THREAD_SCHEDULE | RIGHT_DUPLICATE;
    EXPECT(fe_handle_duplicate(thread, rights | RIGHT_CEILING(12), &low) == OK);
    EXPECT(fe_handle_duplicate(low, rights | RIGHT_CEILING(63), &copy) == OK);
    struct fe_handle_info info;
    EXPECT(fe_handle_inspect(copy, &info) == OK && info.rights == (rights | RIGHT_CEILING(12)));
    EXPECT(fe_thread_schedule(copy, &schedule) == OK);
    schedule.priority = 13;
    EXPECT(fe_thread_schedule(low, &schedule) == ERR_NO_RIGHT);
    EXPECT(fe_thread_schedule(copy, &schedule) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(copy) == OK);
    EXPECT(fe_handle_duplicate(low, rights | RIGHT_CEILING(11), &copy) == OK);
    schedule.priority = 12;
    EXPECT(fe_thread_schedule(low, &schedule) == OK);
    EXPECT(fe_thread_schedule(copy, &schedule) == ERR_NO_RIGHT);
    schedule.priority = PRIORITY_DEFAULT;
    EXPECT(fe_thread_schedule(thread, &schedule) == OK);
    EXPECT(fe_handle_close(low) == OK && fe_handle_close(copy) == OK);
}

TEST("a process's threads are listed one after the other, and inspected")
{
    fe_handle thread, spawned, weak, end;
    uint64_t id = 0, own, bits, before = 0, count = 0;
    static enum status ended;
    struct fe_thread_info info = {};
    EXPECT(fe_event_create(&gate) == OK && fe_thread_current(&own) == OK);
    EXPECT(guest_turn_begin(PRIORITY_DRIVER));
    EXPECT(fe_thread_spawn(wait_at_gate, &ended, 64 << 10, 7, &spawned) == OK);
    EXPECT(watch(spawned, &end) == OK);
    EXPECT(guest_let_run());
    EXPECT(guest_turn_end());
    EXPECT(fe_thread_inspect(spawned, &info) == OK && info.state == THREAD_WATCHING);
    bool is_own_there = false, is_other_there = false;
    while (fe_process_thread(fe_process_self(), id, &thread, &id) == OK) {
        EXPECT(id > before && fe_thread_inspect(thread, &info) == OK && info.id == id);
        is_own_there |= id == own && info.state == THREAD_RUNNING;
        is_other_there |= info.schedule.priority == 7 && info.priority == 7 &&
                          info.state == THREAD_WATCHING && info.deadline == FE_FOREVER;
        before = id;
        count++;
        EXPECT(fe_handle_close(thread) == OK);
    }
    struct fe_process_info process;
    EXPECT(fe_process_inspect(fe_process_self(), &process) == OK);
    EXPECT(is_own_there && is_other_there && count == process.threads_used);
    weak = guest_weaken(fe_process_self(), RIGHT_INSPECT);
    struct fe_schedule schedule = {.priority = 7};
    EXPECT(fe_process_thread(weak, 0, &thread, &id) == OK);
    EXPECT(fe_thread_schedule(thread, &schedule) == ERR_NO_RIGHT);
    EXPECT(fe_thread_inspect(thread, &info) == OK && fe_handle_close(thread) == OK);
    EXPECT(fe_thread_inspect(thread, &info) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(weak) == OK);
    weak = guest_weaken(fe_process_self(), RIGHT_PROCESS_THREAD);
    EXPECT(fe_process_thread(weak, 0, &thread, &id) == ERR_NO_RIGHT);
    EXPECT(fe_event_signal(gate, 1) == OK && fe_handle_close(weak) == OK);
    EXPECT(fe_event_wait(end, 1, guest_limit(), &bits) == OK);
    EXPECT(fe_thread_inspect(spawned, &info) == OK && info.state == THREAD_DEAD);
    EXPECT(fe_handle_close(end) == OK && fe_handle_close(spawned) == OK &&
           fe_handle_close(gate) == OK);
}
