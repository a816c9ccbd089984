// SPDX-License-Identifier: MIT
// What the kernel's operations cost. Under the emulator's counting clock a nanosecond is an
// instruction; the figures are means over many rounds after some to warm up, the user side's stubs
// included. Names and what they are compared with are in tool/bench.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : uint32_t { WARM_UP = 64, ROUNDS = 1024, BUFFER = 4096 };

static char buffer[BUFFER];

static void report(const char *operation, uint64_t nanoseconds, uint64_t rounds)
{
    guest_print("BENCH %s %lu\n", operation, (unsigned long)((nanoseconds + rounds / 2) / rounds));
}

// Runs `body` WARM_UP + ROUNDS times and reports the mean of the latter.
#define MEASURE(operation, body)                                                                   \
    do {                                                                                           \
        uint64_t start = 0;                                                                        \
        for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {                                          \
            if (i == WARM_UP) start = fe_clock_monotonic();                                        \
            body;                                                                                  \
        }                                                                                          \
        report(operation, fe_clock_monotonic() - start, ROUNDS);                                   \
    } while (0)

TEST("a call that does nothing")
{
    uint64_t id;
    MEASURE("null_call", EXPECT(fe_thread_current(&id) == OK));
}

// The server in the other address space: answers with as many bytes as it was asked for (label).
static int serve(void)
{
    fe_handle channel = fe_start_handle("channel");
    struct fe_transfer transfer = {.receive = (uintptr_t)buffer, .receive_capacity = BUFFER};
    struct fe_message message = {.transfer = &transfer};
    enum status status = fe_channel_receive(channel, &message, FE_FOREVER);
    while (status == OK && message.label < FE_NOTICE) {
        transfer.send = (uintptr_t)buffer;
        transfer.send_size = message.label > 1 ? (uint32_t)message.label : 0;
        if (message.label == 0)
            message.transfer = nullptr;
        else
            message.transfer = &transfer;
        status = fe_channel_reply_receive(channel, &message);
    }
    return 0;
}

int guest_child(const char *role)
{
    return strcmp(role, "serve") == 0 ? serve() : 0;
}

TEST("call and reply across address spaces")
{
    fe_handle channel, session;
    uint64_t id;
    EXPECT(fe_channel_create(&channel) == OK);
    EXPECT(fe_channel_mint(channel, 1, &session, &id) == OK);
    struct fe_spawn_handle handle = {"channel", channel, 0, false};
    struct fe_child child;
    EXPECT(guest_spawn("serve", &handle, 1, &child) == OK);

    struct fe_message message = {};
    MEASURE("ipc_roundtrip_0w", {
        message.label = 0;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    MEASURE("ipc_roundtrip_8w", {
        message.label = 0;
        for (uint32_t w = 0; w < FE_MESSAGE_WORDS; w++) message.word[w] = w + i;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    struct fe_transfer transfer = {.receive = (uintptr_t)buffer, .receive_capacity = BUFFER};
    MEASURE("ipc_roundtrip_4k", {
        message.label = BUFFER;
        message.transfer = &transfer;
        EXPECT(fe_channel_call(session, &message, FE_FOREVER) == OK);
    });
    EXPECT(fe_handle_close(session) == OK);
    struct fe_process_info info;
    EXPECT(guest_wait(&child, &info) == OK);
}

static fe_handle wake_event, done_event;
static uint64_t woken_after, signalled_at;

static void urgent(void *)
{
    uint64_t bits;
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        if (fe_event_wait(wake_event, 1, FE_FOREVER, &bits) != OK) break;
        if (i >= WARM_UP) woken_after += fe_clock_monotonic() - signalled_at;
    }
    (void)!fe_event_signal(done_event, 1);
}

TEST("a signal to a waiting, more urgent thread, until it runs")
{
    uint64_t bits;
    EXPECT(fe_event_create(&wake_event) == OK && fe_event_create(&done_event) == OK);
    EXPECT(guest_thread(urgent, nullptr, PRIORITY_DRIVER) == OK);
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        signalled_at = fe_clock_monotonic();
        EXPECT(fe_event_signal(wake_event, 1) == OK);
    }
    EXPECT(fe_event_wait(done_event, 1, fe_clock_after(10 * SECOND), &bits) == OK);
    report("event_wakeup", woken_after, ROUNDS);
    EXPECT(fe_handle_close(wake_event) == OK && fe_handle_close(done_event) == OK);
}

TEST("a timer interrupt, until the thread that waits for it runs")
{
    fe_handle event;
    uint64_t bits, late = 0;
    EXPECT(fe_event_create(&event) == OK);
    for (uint32_t i = 0; i < WARM_UP + ROUNDS; i++) {
        uint64_t deadline = fe_clock_monotonic() + MILLISECOND / 10;
        EXPECT(fe_event_arm(event, 1, deadline, 0) == OK);
        EXPECT(fe_event_wait(event, 1, FE_FOREVER, &bits) == OK);
        if (i >= WARM_UP) late += fe_clock_monotonic() - deadline;
    }
    report("irq_to_thread", late, ROUNDS);
    EXPECT(fe_handle_close(event) == OK);
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
