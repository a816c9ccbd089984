// SPDX-License-Identifier: MIT
// Messages, events and words across CPUs: nothing is lost, nothing comes twice, registers stay
// whose they are, wherever a thread runs next.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint64_t { DURATION = 3 * SECOND };
enum : uint32_t { SERVERS = 3, CLIENTS = 6, TURNS = 3000 };

static constexpr double LARGE = 10; // after 23 thousand calls

static fe_handle channels[SERVERS], sessions[SERVERS];
static _Atomic uint32_t calls, wrong, over;

static void note(bool is_right)
{
    if (!is_right) wrong++;
}

// Answers with the first word and one, having computed in floating point meanwhile.
static void serve(void *channel)
{
    struct fe_message message = {};
    fe_handle handle = *(fe_handle *)channel;
    volatile double value = 1;
    enum status status = fe_channel_receive(handle, &message, FE_FOREVER);
    for (double expected = 1; status == OK && message.label < FE_NOTICE;) {
        note(value == expected);
        value = value * 1.0001;
        expected *= 1.0001;
        if (expected > LARGE) expected = value = 1;
        message.word[0]++;
        status = fe_channel_reply_receive(handle, &message);
    }
    over++;
}

// Calls one server after the other, now and then from another CPU.
static void call(void *number)
{
    uint32_t own = (uint32_t)(uintptr_t)number, cpus = guest_cpu_count();
    struct fe_message message = {};
    volatile double sum = 0;
    uint64_t end = fe_clock_after(DURATION), count = 0;
    for (; (count < 2 || fe_clock_monotonic() < end) && wrong == 0; count++) {
        uint64_t sent = count << 8 | own;
        message.label = 1;
        message.word[0] = sent;
        note(fe_channel_call(sessions[(count + own) % SERVERS], &message, FE_FOREVER) == OK);
        note(message.word[0] == sent + 1);
        sum = sum + 0.5;
        note(sum == 0.5 * (double)(count + 1));
        if (count % 512 == own) (void)!fe_thread_yield();
    }
    calls += (uint32_t)count;
    over += cpus > 0;
}

TEST("many clients call several servers from all CPUs, each answer comes to who asked")
{
    uint64_t id;
    calls = wrong = over = 0;
    for (uint32_t i = 0; i < SERVERS; i++) {
        EXPECT(fe_channel_create(&channels[i]) == OK);
        EXPECT(fe_channel_mint(channels[i], i, &sessions[i], &id) == OK);
        guest_cpus(i % guest_cpu_count(), i == 0 ? ALL_CPUS : 1);
        EXPECT(guest_thread(serve, &channels[i], 0) == OK);
    }
    for (uintptr_t i = 0; i < CLIENTS; i++) {
        guest_cpus((uint32_t)i % guest_cpu_count(), i % 2 ? ALL_CPUS : 1);
        EXPECT(guest_thread(call, (void *)i, 0) == OK);
    }
    guest_cpus(0, ALL_CPUS);
    EXPECT(guest_reaches(&over, CLIENTS));
    for (uint32_t i = 0; i < SERVERS; i++) EXPECT(fe_handle_close(sessions[i]) == OK);
    EXPECT(guest_reaches(&over, CLIENTS + SERVERS));
    EXPECT(wrong == 0 && calls > CLIENTS);
    guest_print("%u calls\n", calls);
    for (uint32_t i = 0; i < SERVERS; i++) EXPECT(fe_handle_close(channels[i]) == OK);
}

static fe_handle there, back;

static void return_signals(void *)
{
    uint64_t bits;
    for (uint32_t i = 0; i < TURNS; i++) {
        note(fe_event_wait(there, 1, guest_limit(), &bits) == OK);
        note(fe_event_signal(back, 1) == OK);
    }
    over++;
}

TEST("a signal goes to another CPU and back, every time")
{
    uint64_t bits;
    wrong = over = 0;
    EXPECT(fe_event_create(&there) == OK && fe_event_create(&back) == OK);
    guest_cpus(guest_cpu_count() - 1, 1);
    EXPECT(guest_thread(return_signals, nullptr, 0) == OK);
    guest_cpus(0, 1);
    for (uint32_t i = 0; i < TURNS; i++) {
        EXPECT(fe_event_signal(there, 1) == OK);
        EXPECT(fe_event_wait(back, 1, guest_limit(), &bits) == OK);
    }
    guest_cpus(0, ALL_CPUS);
    EXPECT(guest_reaches(&over, 1) && wrong == 0);
}

static _Atomic uint32_t turn;

static void take_turns(void *which)
{
    uint32_t own = (uint32_t)(uintptr_t)which;
    for (uint32_t i = 0; i < TURNS; i++) {
        for (uint32_t seen; (seen = turn) % 4 != own;) {
            enum status status = fe_futex_wait((uintptr_t)&turn, seen, guest_limit());
            note(status == OK || status == ERR_AGAIN);
            if (wrong != 0) return;
        }
        uint32_t woken;
        turn++;
        note(fe_futex_wake((uintptr_t)&turn, 4, &woken) == OK);
    }
    over++;
}

TEST("threads on all CPUs take turns by a word, and none sleeps through its own")
{
    wrong = over = turn = 0;
    for (uintptr_t i = 0; i < 4; i++) EXPECT(guest_thread(take_turns, (void *)i, 0) == OK);
    EXPECT(guest_reaches(&over, 4) && wrong == 0 && turn == 4 * TURNS);
}
