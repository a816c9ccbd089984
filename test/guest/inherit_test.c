// SPDX-License-Identifier: MIT
// Urgency through servers: a chain of them, and a client in another process that is killed in the
// middle. The test's own thread is the most urgent, and looks when everybody else waits.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint32_t { BOSS = 50, HIGH = 20, LOW = 10, SERVERS = 3 };
enum : uint64_t { GO = 1 };

static fe_handle gate;
static fe_handle channel[SERVERS], session[SERVERS], server[SERVERS];

// Asks the next server before it answers; the last one waits at the gate instead.
static void serve(void *argument)
{
    uint32_t own = (uint32_t)(uintptr_t)argument;
    struct fe_message message = {};
    enum status status = fe_channel_receive(channel[own], &message, FE_FOREVER);
    while (status == OK) {
        struct fe_message asked = {.label = 1};
        uint64_t bits;
        if (message.label < FE_NOTICE) {
            status = own + 1 < SERVERS ? fe_channel_call(session[own + 1], &asked, FE_FOREVER)
                                       : fe_event_wait(gate, GO, FE_FOREVER, &bits);
        } else if (message.label == FE_NOTICE_ENDED) {
            return;
        }
        message.label = 0;
        status = fe_channel_reply_receive(channel[own], &message);
    }
}

static bool begin(void)
{
    uint64_t id;
    bool is_fine = guest_turn_begin(BOSS) && fe_event_create(&gate) == OK;
    for (uint32_t i = 0; i < SERVERS && is_fine; i++) {
        is_fine = fe_channel_create(&channel[i]) == OK &&
                  fe_channel_mint(channel[i], i, &session[i], &id) == OK &&
                  fe_thread_spawn(serve, (void *)(uintptr_t)i, 16 << 10, 2 + i, &server[i]) == OK;
    }
    return is_fine && guest_let_run();
}

static bool end(void)
{
    bool is_fine = true;
    for (uint32_t i = 0; i < SERVERS; i++) {
        is_fine &= fe_handle_close(session[i]) == OK && guest_let_run();
        is_fine &= fe_handle_close(channel[i]) == OK && fe_handle_close(server[i]) == OK;
    }
    return is_fine && fe_handle_close(gate) == OK && guest_turn_end();
}

// Whether all servers have the priority; 0: their own.
static bool all_have(uint32_t priority)
{
    for (uint32_t i = 0; i < SERVERS; i++) {
        struct fe_thread_info info;
        if (fe_thread_inspect(server[i], &info) != OK) return false;
        if (info.priority != (priority == 0 ? 2 + i : priority)) return false;
    }
    return true;
}

static void ask(void *answered)
{
    struct fe_message message = {.label = 1};
    if (fe_channel_call(session[0], &message, FE_FOREVER) == OK) *(bool *)answered = true;
}

TEST("servers that wait for each other are all as urgent as who waits for the first")
{
    static bool low_answered, high_answered;
    EXPECT(begin() && all_have(0));
    EXPECT(guest_thread(ask, &low_answered, LOW) == OK && guest_let_run() && all_have(LOW));
    EXPECT(guest_thread(ask, &high_answered, HIGH) == OK && guest_let_run() && all_have(HIGH));
    EXPECT(!low_answered && fe_event_signal(gate, GO) == OK && guest_let_run());
    EXPECT(low_answered && !high_answered && all_have(HIGH));
    EXPECT(fe_event_signal(gate, GO) == OK && guest_let_run() && high_answered && all_have(0));
    EXPECT(end());
}

int guest_child(const char *)
{
    struct fe_message message = {.label = 1};
    return (int)fe_channel_call(fe_start_handle("server"), &message, FE_FOREVER);
}

TEST("a client that is killed in the middle takes its urgency with it")
{
    EXPECT(begin());
    uint64_t id;
    fe_handle given;
    static bool answered;
    struct fe_child child;
    struct fe_process_info info;
    EXPECT(fe_channel_mint(channel[0], 9, &given, &id) == OK);
    EXPECT(guest_thread(ask, &answered, LOW) == OK && guest_let_run() && all_have(LOW));
    struct fe_spawn_handle handle = {"server", given, 0, false};
    EXPECT(guest_spawn("client", &handle, 1, &child) == OK); // as urgent as this thread
    EXPECT(fe_thread_affinity(child.thread, 0, 1) == OK && guest_let_run() && all_have(BOSS));
    EXPECT(fe_process_kill(child.process, 7) == OK && guest_wait(&child, &info) == OK);
    EXPECT(info.exit_code == 7 && all_have(LOW));
    EXPECT(fe_event_signal(gate, GO) == OK && guest_let_run() && answered && all_have(0));
    EXPECT(end());
}
