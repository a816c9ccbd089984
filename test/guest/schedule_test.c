// SPDX-License-Identifier: MIT
// Periods, deadlines and budgets. Nothing here depends on how fast the machine is: times that the
// kernel gives are compared with each other, and what must go on goes on by the scheduler's rules.
#include <ferrite/libc.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint64_t { PERIOD = 10 * MILLISECOND };
enum : uint32_t { URGENT = 60, ROUNDS = 20 };

static fe_handle own_time(void)
{
    return guest_resource("time");
}

static enum status own_schedule(const struct fe_schedule *schedule)
{
    return fe_thread_schedule(fe_start_handle("thread"), schedule);
}

static void be_ordinary(void)
{
    struct fe_schedule schedule = {.priority = PRIORITY_DEFAULT};
    EXPECT(own_schedule(&schedule) == OK);
}

TEST("releases come exactly a period apart, never early, and lost ones are told")
{
    uint64_t release, missed, before = 0;
    struct fe_schedule schedule = {
        .priority = URGENT, .period = PERIOD, .relative_deadline = PERIOD / 2};
    EXPECT(fe_thread_period_wait(&release, &missed) == ERR_BAD_STATE);
    EXPECT(own_schedule(&schedule) == OK);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        EXPECT(fe_thread_period_wait(&release, &missed) == OK);
        uint64_t now = fe_clock_monotonic(), passed = (release - before) / PERIOD;
        EXPECT(now >= release);
        if (before != 0) {
            // Who comes so late that the present deadline has passed too may be told of it already.
            bool is_late = now >= release + schedule.relative_deadline;
            EXPECT((release - before) % PERIOD == 0 && passed >= 1);
            EXPECT(missed <= passed + is_late && missed + 1 >= passed);
        }
        before = release;
    }
    be_ordinary();
    EXPECT(fe_thread_period_wait(&release, &missed) == ERR_BAD_STATE);
}

static volatile bool stop;
static fe_handle ended;

// Would keep everybody else away for ever, were it not for its budget.
static void spin(void *)
{
    while (!stop);
    (void)!fe_event_signal(ended, 1);
}

TEST("a runaway thread of high priority leaves the processor when its budget is used up")
{
    fe_handle thread;
    uint64_t bits;
    stop = false;
    struct fe_schedule schedule = {
        .priority = URGENT, .period = 2 * PERIOD, .budget = PERIOD / 2, .time = own_time()};
    EXPECT(fe_event_create(&ended) == OK);
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, 1) == OK); // and so is what it makes
    EXPECT(fe_thread_spawn(spin, nullptr, 64 << 10, 1, &thread) == OK);
    EXPECT(fe_thread_schedule(thread, &schedule) == OK); // preempted here until it has none left
    fe_clock_sleep_until(fe_clock_after(10 * PERIOD));
    stop = true;
    EXPECT(fe_event_wait(ended, 1, guest_limit(), &bits) == OK);
    EXPECT(fe_handle_close(thread) == OK && fe_handle_close(ended) == OK);
    EXPECT(fe_thread_affinity(fe_start_handle("thread"), 0, UINT32_MAX) == OK);
}

TEST("a missed deadline signals an event, to whoever may inspect the thread")
{
    fe_handle event, thread = fe_start_handle("thread");
    uint64_t bits, release, missed;
    struct fe_schedule schedule = {.priority = PRIORITY_DEFAULT, .period = PERIOD};
    EXPECT(fe_event_create(&event) == OK);
    EXPECT(fe_thread_deadline_watch(thread, event, 2) == ERR_BAD_STATE);
    EXPECT(own_schedule(&schedule) == OK);
    EXPECT(fe_thread_deadline_watch(thread, NO_SUCH_HANDLE, 2) == ERR_BAD_HANDLE);
    EXPECT(fe_thread_deadline_watch(thread, event, 2) == OK);
    EXPECT(fe_event_wait(event, 2, guest_limit(), &bits) == OK && bits == 2);
    EXPECT(fe_thread_period_wait(&release, &missed) == OK && missed >= 1);
    EXPECT(fe_thread_deadline_watch(thread, event, 0) == OK);
    fe_handle weak = guest_weaken(thread, RIGHT_DUPLICATE);
    EXPECT(fe_thread_deadline_watch(weak, event, 2) == ERR_NO_RIGHT);
    be_ordinary();
    EXPECT(fe_handle_close(weak) == OK && fe_handle_close(event) == OK);
}

TEST("a budget needs processor time, and no more than there is")
{
    struct fe_schedule schedule = {
        .priority = PRIORITY_DEFAULT, .period = PERIOD, .budget = PERIOD};
    EXPECT(own_schedule(&schedule) == ERR_BAD_HANDLE);
    schedule.time = guest_resource("debug");
    EXPECT(own_schedule(&schedule) == ERR_WRONG_TYPE);
    schedule.time = own_time();
    EXPECT(own_schedule(&schedule) == ERR_NOT_ADMITTED);
    fe_handle part, weak;
    uint32_t kind;
    uint64_t base, whole;
    EXPECT(fe_resource_inspect(own_time(), &kind, &base, &whole) == OK && whole > 100'000);
    EXPECT(fe_resource_derive(own_time(), RESOURCE_TIME, 0, 100'000, &part) == OK);
    EXPECT(fe_resource_derive(own_time(), RESOURCE_TIME, 0, whole - 99'999, &weak) ==
           ERR_NOT_ADMITTED);
    schedule.time = part;
    schedule.budget = PERIOD / 5;
    EXPECT(own_schedule(&schedule) == ERR_NOT_ADMITTED);
    schedule.budget = PERIOD / 10;
    EXPECT(own_schedule(&schedule) == OK);
    be_ordinary();
    weak = guest_weaken(part, RIGHT_INSPECT);
    schedule.time = weak;
    EXPECT(own_schedule(&schedule) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(part) == OK && fe_handle_close(weak) == OK);
}

TEST("parameters that make no sense are refused")
{
    struct fe_schedule schedule = {.period = SCHEDULE_PERIOD_MIN - 1};
    EXPECT(own_schedule(&schedule) == ERR_BAD_ARGUMENT);
    schedule = (struct fe_schedule){.period = PERIOD, .relative_deadline = PERIOD + 1};
    EXPECT(own_schedule(&schedule) == ERR_BAD_ARGUMENT);
    schedule = (struct fe_schedule){.budget = PERIOD, .time = own_time()};
    EXPECT(own_schedule(&schedule) == ERR_BAD_ARGUMENT);
    schedule = (struct fe_schedule){.reserved = 1};
    EXPECT(own_schedule(&schedule) == ERR_BAD_ARGUMENT);
}
