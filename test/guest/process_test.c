// SPDX-License-Identifier: MIT
// Processes: made, given handles, watched, killed, limited; faults end them and nobody else.
#include <ferrite/libc.h>
#include <guest/guest.h>

static int fault(const char *role)
{
    if (strcmp(role, "read") == 0) return *(volatile int *)unmapped_address;
    if (strcmp(role, "write") == 0) *(volatile int *)kernel_address = 1;
    if (strcmp(role, "text") == 0) *(volatile char *)(uintptr_t)fault = 1;
    if (strcmp(role, "execute") == 0) {
        static uint32_t data[4];
        ((void (*)(void))(uintptr_t)data)();
    }
    if (strcmp(role, "nowhere") == 0) ((void (*)(void))(uintptr_t)0x1797'9cfe'362a'0000)();
    return 99;
}

static int exhaust_handles(void)
{
    fe_handle event;
    for (int i = 0; i < 100'000; i++) {
        enum status status = fe_event_create(&event);
        if (status != OK) return status == ERR_QUOTA ? 7 : 8;
    }
    return 9;
}

static int exhaust_memory(void)
{
    void *at;
    for (int i = 0; i < 100'000; i++) {
        fe_handle memory;
        enum status status = fe_memory_create(1 << 20, MEMORY_COMMIT, &memory);
        if (status == OK) status = fe_memory_map(memory, 0, 1 << 20, MAP_READ | MAP_WRITE, &at);
        if (status != OK) return status == ERR_QUOTA ? 7 : 8;
    }
    return 9;
}

static void spin(void *)
{
    for (volatile int i = 0;; i++) {
    }
}

int guest_child(const char *role)
{
    uint64_t bits;
    if (strcmp(role, "seven") == 0) return 7;
    if (strcmp(role, "sleep") == 0) fe_clock_sleep_until(FE_FOREVER);
    if (strcmp(role, "spin") == 0) {
        (void)!fe_event_signal(fe_start_handle("event"), 1);
        spin(nullptr);
    }
    if (strcmp(role, "threads") == 0) {
        if (guest_thread(spin, nullptr, 0) != OK) return 8;
        return fe_process_exit(7) == OK ? 9 : 10;
    }
    if (strcmp(role, "event") == 0)
        return fe_event_wait(fe_start_handle("event"), 1, FE_FOREVER, &bits) == OK ? 7 : 8;
    if (strcmp(role, "handles") == 0) return exhaust_handles();
    if (strcmp(role, "memory") == 0) return exhaust_memory();
    return fault(role);
}

static void expect_end(const char *role, int32_t code)
{
    struct fe_child child;
    struct fe_process_info info = {};
    EXPECT(guest_spawn(role, nullptr, 0, &child) == OK);
    EXPECT(guest_wait(&child, &info) == OK);
    EXPECT(info.state == PROCESS_DEAD);
    EXPECT(info.exit_code == code);
}

TEST("a process ends with its own code")
{
    EXPECT_ALL(expect_end("seven", 7));
}

TEST("a fault ends the process with the reason, and only it")
{
    EXPECT_ALL(expect_end("read", FE_EXIT_FAULT - (int32_t)FAULT_READ));
    EXPECT_ALL(expect_end("write", FE_EXIT_FAULT - (int32_t)FAULT_WRITE));
    EXPECT_ALL(expect_end("text", FE_EXIT_FAULT - (int32_t)FAULT_WRITE));
    EXPECT_ALL(expect_end("execute", FE_EXIT_FAULT - (int32_t)FAULT_EXECUTE));
    EXPECT_ALL(expect_end("nowhere", FE_EXIT_FAULT - (int32_t)FAULT_EXECUTE));
}

TEST("handles are given to a child by name")
{
    fe_handle event;
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(fe_event_create(&event) == OK);
    struct fe_spawn_handle handle = {"event", event, 0, true};
    EXPECT(guest_spawn("event", &handle, 1, &child) == OK);
    EXPECT(fe_event_signal(event, 1) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == 7);
    EXPECT(fe_handle_close(event) == OK);
}

// A child that computes for ever, and has begun to.
static void spawn_spin(struct fe_child *child)
{
    fe_handle event;
    uint64_t bits;
    EXPECT(fe_event_create(&event) == OK);
    struct fe_spawn_handle handle = {"event", event, 0, true};
    EXPECT(guest_spawn("spin", &handle, 1, child) == OK);
    EXPECT(fe_event_wait(event, 1, guest_limit(), &bits) == OK);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("a process is killed while it sleeps, and while it computes")
{
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(guest_turn_begin(PRIORITY_DRIVER));
    EXPECT(guest_spawn("sleep", nullptr, 0, &child) == OK);
    EXPECT(guest_let_run());
    EXPECT(guest_turn_end());
    EXPECT(fe_process_kill(child.process, -55) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == -55);
    EXPECT_ALL(spawn_spin(&child));
    EXPECT(fe_process_kill(child.process, -56) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == -56);
}

TEST("any number may watch a process, and each is told of its end")
{
    enum : uint32_t { WATCHERS = 200 };
    static fe_handle events[WATCHERS];
    struct fe_child child;
    struct fe_process_info info;
    uint64_t bits;
    EXPECT(guest_spawn("sleep", nullptr, 0, &child) == OK);
    for (uint32_t i = 0; i < WATCHERS; i++) {
        EXPECT(fe_event_create(&events[i]) == OK);
        EXPECT(fe_process_watch(child.process, events[i], 1) == OK);
    }
    EXPECT(fe_process_kill(child.process, -55) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == -55);
    for (uint32_t i = 0; i < WATCHERS; i++) {
        EXPECT(fe_event_wait(events[i], 1, guest_limit(), &bits) == OK);
        EXPECT(fe_handle_close(events[i]) == OK);
    }
}

// The processor time of `process`, once it is above `least`, or guest_limit() has come.
static uint64_t time_above(fe_handle process, uint64_t least)
{
    struct fe_process_info info = {};
    uint64_t limit = guest_limit();
    do {
        if (fe_process_inspect(process, &info) != OK) return 0;
        (void)!fe_thread_yield();
    } while (info.cpu_time <= least && fe_clock_monotonic() < limit);
    return info.cpu_time;
}

TEST("a stopped process does not run until it is continued")
{
    struct fe_child child;
    struct fe_process_info before, after;
    EXPECT_ALL(spawn_spin(&child));
    EXPECT(fe_process_stop(child.process) == OK);
    EXPECT(fe_process_inspect(child.process, &before) == OK);
    fe_clock_sleep_until(fe_clock_after(30 * MILLISECOND));
    EXPECT(fe_process_inspect(child.process, &after) == OK && after.cpu_time == before.cpu_time);
    EXPECT(fe_process_continue(child.process) == OK);
    EXPECT(time_above(child.process, before.cpu_time) > before.cpu_time);
    EXPECT(fe_process_kill(child.process, 0) == OK);
    EXPECT(guest_wait(&child, &after) == OK);
}

static void expect_limit(const char *role, uint64_t memory, uint32_t handles)
{
    const char *arguments[] = {"limited", role, nullptr};
    struct fe_spawn options = {.image = fe_start_handle("image"),
                               .arguments = arguments,
                               .memory_limit = memory,
                               .handle_limit = handles};
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(fe_spawn(&options, &child) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == 7);
}

TEST("the limit that a dead process had is there again for who wants to know")
{
    enum : uint64_t { LIMIT = 16 << 20, SMALL = 1 << 20 };
    struct fe_process_info info, after;
    EXPECT(fe_memory_reclaim() == OK);
    EXPECT(fe_process_inspect(fe_process_self(), &info) == OK);
    EXPECT_ALL(expect_limit("memory", LIMIT, 0));
    EXPECT(fe_memory_reclaim() == OK);
    EXPECT(fe_process_inspect(fe_process_self(), &after) == OK);
    EXPECT(after.memory_left + SMALL > info.memory_left);
}

TEST("a process that reaches its quota is told so, and leaves nothing behind")
{
    struct fe_system_info before;
    EXPECT(fe_system_inspect(guest_resource("system"), &before) == OK);
    EXPECT_ALL(expect_limit("handles", 0, 64));
    EXPECT_ALL(expect_limit("memory", 16 << 20, 0));
    EXPECT(guest_is_as_before(&before, 1 << 20));
}

TEST("a limit larger than the parent's own is refused")
{
    struct fe_process_options options = {.name = "greedy", .memory_limit = (uint64_t)1 << 60};
    fe_handle process;
    uintptr_t base;
    EXPECT(fe_process_create(fe_process_self(), fe_start_handle("image"), &options, &process,
                             &base) != OK);
}

TEST("bad arguments of process calls are refused")
{
    struct fe_process_options options = {.name = "none"};
    struct fe_process_info info;
    fe_handle process, event, self = fe_process_self();
    uintptr_t base;
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_process_create(self, event, &options, &process, &base) == ERR_WRONG_TYPE);
    EXPECT(fe_process_create(self, fe_start_handle("image"),
                             (struct fe_process_options *)unmapped_address, &process,
                             &base) == ERR_BAD_ADDRESS);
    EXPECT(fe_process_inspect(event, &info) == ERR_WRONG_TYPE);
    EXPECT(fe_process_inspect(self, (struct fe_process_info *)kernel_address) == ERR_BAD_ADDRESS);
    EXPECT(fe_process_watch(self, NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_process_kill(NO_SUCH_HANDLE, 1) == ERR_BAD_HANDLE);
    fe_handle weak = guest_weaken(self, RIGHT_INSPECT);
    EXPECT(fe_process_kill(weak, 1) == ERR_NO_RIGHT);
    EXPECT(fe_process_unmap(weak, 0, FE_PAGE_SIZE) == ERR_NO_RIGHT);
    EXPECT(fe_process_grant(weak, event, &process) == ERR_NO_RIGHT);
    EXPECT(fe_process_start(weak, 0, 0, &process) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(event) == OK);
}

TEST("a running process cannot be started or granted anything again")
{
    struct fe_child child;
    struct fe_process_info info;
    fe_handle other, event;
    EXPECT(guest_spawn("sleep", nullptr, 0, &child) == OK);
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_process_start(child.process, 0, 0, &other) != OK);
    EXPECT(fe_process_grant(child.process, event, &other) != OK);
    EXPECT(fe_process_kill(child.process, 3) == OK);
    EXPECT(guest_wait(&child, &info) == OK && info.exit_code == 3);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("five hundred spawns leave memory where it was")
{
    struct fe_system_info before;
    for (int i = 0; i < 550; i++) {
        if (i == 50) EXPECT(fe_system_inspect(guest_resource("system"), &before) == OK);
        EXPECT_ALL(expect_end("seven", 7));
    }
    EXPECT(guest_is_as_before(&before, 64 * FE_PAGE_SIZE));
}

TEST("a process that exits takes its other threads along")
{
    EXPECT_ALL(expect_end("threads", 7));
}
