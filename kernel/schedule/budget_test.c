// SPDX-License-Identifier: MIT
// Periods, budgets and whom they are charged to, on a machine whose time the tests move.
#include "kernel/schedule/budget.h"
#include "kernel/none/play.h"
#include "kernel/object/channel.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/resource.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"
#include "test/unit.h"

enum : uint64_t { MS = 1'000'000 };
static struct process *process;
static struct resource *all_time;
static fe_handle time_handle, thread_handle; // the latter is any, for its rights
static uint64_t began;                       // ns: when the test's time starts

static bool setup(void)
{
    none_reset();
    process = play_process(4);
    began = clock_now();
    if (resource_create(process, RESOURCE_TIME, 0, SCHEDULE_SHARE_MAX, &all_time) != OK)
        return false;
    if (handle_reserve(process, 1) != OK) return false;
    time_handle = thread_handle = handle_insert(process, &all_time->object, RIGHT_ALL);
    return true;
}

// Somebody's thread that is current while schedules are set.
static struct thread *manager(void)
{
    struct thread *thread = play_thread(process, 63);
    play_as(thread);
    return thread;
}

static enum status limit(struct thread *thread, uint64_t period, uint64_t budget, uint64_t deadline)
{
    struct fe_schedule schedule = {.priority = urgency_priority(thread->own_urgency),
                                   .period = period,
                                   .budget = budget,
                                   .relative_deadline = deadline,
                                   .time = budget == 0 ? FE_NO_HANDLE : time_handle};
    thread_current()->frame.reg[0] = thread_handle;
    return sys_thread_schedule(thread, &schedule);
}

// Time goes on until `ms` after the start, with every interrupt of the timer on the way.
static struct thread *run_until(uint64_t ms)
{
    uint64_t end = began + ms * MS;
    (void)!schedule_exit();
    while (none_machine.timer <= end) {
        none_machine.counter = none_machine.timer;
        none_machine.timer = UINT64_MAX; // it fires once
        trap_timer();
        (void)!schedule_exit();
    }
    none_machine.counter = end;
    return thread_current();
}

TEST("a budget that is used up puts its thread at the bottom until the next period")
{
    EXPECT(setup());
    struct thread *boss = manager(), *urgent = play_thread(process, 20);
    struct thread *other = play_thread(process, 5);
    EXPECT(limit(urgent, 10 * MS, 3 * MS, 0) == OK);
    play_as(boss);
    schedule_block(THREAD_NEW);
    EXPECT(run_until(2) == urgent);
    EXPECT(run_until(4) == other && urgent->urgency == URGENCY_LEAST);
    EXPECT(run_until(9) == other);
    EXPECT(run_until(11) == urgent && urgent->urgency == urgency_of(20, UINT64_MAX));
    EXPECT(run_until(14) == other);
    EXPECT(run_until(100) == urgent || thread_current() == other);
    uint64_t used = clock_ticks_to_ns(urgent->cpu_ticks);
    EXPECT(used >= 30 * MS - 1000 && used <= 33 * MS);
    EXPECT(urgent->budget->overruns == 10 && urgent->budget->misses == 10);
}

TEST("a thread alone keeps the processor though its budget is used up")
{
    EXPECT(setup());
    struct thread *boss = manager(), *only = play_thread(process, 20);
    EXPECT(limit(only, 10 * MS, 1 * MS, 0) == OK);
    play_as(boss);
    schedule_block(THREAD_NEW);
    EXPECT(run_until(5) == only && only->urgency == URGENCY_LEAST && !only->limited);
    EXPECT(run_until(10) == only && only->limited);
}

TEST("work that is done by its deadline waits for the next release, and the deadline moves along")
{
    EXPECT(setup());
    uint64_t release, missed;
    struct thread *periodic = play_thread(process, 20);
    play_as(periodic);
    EXPECT(limit(periodic, 10 * MS, 0, 4 * MS) == OK);
    EXPECT(periodic->urgency == urgency_of(20, began + 4 * MS));
    for (uint64_t i = 1; i < 5; i++) {
        none_machine.counter += MS;
        EXPECT(sys_thread_period_wait(&release, &missed) == CALL_DEFERRED);
        EXPECT(periodic->state == THREAD_RESTING && run_until(10 * i) == periodic);
        EXPECT(periodic->frame.reg[1] == began + 10 * i * MS && periodic->frame.reg[2] == 0);
        EXPECT(periodic->urgency == urgency_of(20, began + (10 * i + 4) * MS));
    }
    EXPECT(periodic->budget->misses == 0);
}

TEST("a missed deadline is counted, signalled and told, and lost periods are passed over")
{
    EXPECT(setup());
    uint64_t release, missed;
    struct event *event;
    struct thread *late = play_thread(process, 20);
    play_as(late);
    EXPECT(event_create(process, &event) == OK && handle_reserve(process, 1) == OK);
    fe_handle handle = handle_insert(process, &event->object, RIGHT_ALL);
    EXPECT(sys_thread_deadline_watch(late, handle, 4) == ERR_BAD_STATE);
    EXPECT(limit(late, 10 * MS, 0, 4 * MS) == OK);
    EXPECT(sys_thread_deadline_watch(late, handle, 4) == OK);
    EXPECT(run_until(3) == late && event->bits == 0);
    EXPECT(run_until(5) == late && event->bits == 4 && late->budget->misses == 1);
    EXPECT(run_until(32) == late && late->budget->misses == 1); // nobody looks: no timer
    EXPECT(none_machine.timer == UINT64_MAX);
    EXPECT(sys_thread_period_wait(&release, &missed) == OK);
    EXPECT(release == began + 30 * MS && missed == 3);
    EXPECT(late->urgency == urgency_of(20, began + 34 * MS));
    EXPECT(sys_thread_period_wait(&release, &missed) == CALL_DEFERRED);
    EXPECT(run_until(40) == late && late->frame.reg[1] == began + 40 * MS);
    EXPECT(late->frame.reg[2] == 0);
}

TEST("each deadline counts once, however late the timer is, and the present one when it has passed")
{
    EXPECT(setup());
    uint64_t release, missed;
    struct thread *late = play_thread(process, 20);
    play_as(late);
    EXPECT(limit(late, 10 * MS, 0, 4 * MS) == OK);
    none_machine.counter = began + 26 * MS; // the machine stood still
    trap_timer();
    trap_timer();
    EXPECT(sys_thread_period_wait(&release, &missed) == OK);
    EXPECT(release == began + 20 * MS && missed == 3);
    EXPECT(sys_thread_period_wait(&release, &missed) == CALL_DEFERRED);
    EXPECT(run_until(30) == late && late->frame.reg[1] == began + 30 * MS);
    EXPECT(late->frame.reg[2] == 0 && late->budget->misses == 3);
}

TEST("within a priority the earlier deadline runs first, period after period")
{
    EXPECT(setup());
    struct thread *boss = manager();
    struct thread *slow = play_thread(process, 20), *fast = play_thread(process, 20);
    EXPECT(limit(slow, 14 * MS, 9 * MS, 14 * MS) == OK &&
           limit(fast, 5 * MS, 1 * MS, 5 * MS) == OK);
    play_as(boss);
    schedule_block(THREAD_NEW);
    EXPECT(run_until(0) == fast);
    EXPECT(run_until(3) == slow); // fast has used its budget up
    (void)run_until(5);
    EXPECT(run_until(5) == fast);
    EXPECT(run_until(7) == slow);
    (void)run_until(10);
    EXPECT(slow->budget->misses == 0 && fast->urgency > slow->urgency);
}

TEST("no more is admitted than there is, and what is given back can be had again")
{
    EXPECT(setup());
    struct thread *boss = manager(), *one = play_thread(process, 20);
    struct thread *two = play_thread(process, 20);
    EXPECT(limit(one, 10 * MS, 6 * MS, 0) == OK &&
           limit(two, 10 * MS, 4 * MS, 0) == ERR_NOT_ADMITTED);
    EXPECT(limit(two, 10 * MS, 3 * MS, 0) == OK && arch_cpu()->promised == 900'000);
    EXPECT(limit(one, 10 * MS, 6 * MS + MS / 2, 0) == OK && all_time->used == 950'000);
    EXPECT(limit(one, 10 * MS, 7 * MS, 0) == ERR_NOT_ADMITTED && all_time->used == 950'000);
    EXPECT(limit(one, 0, 0, 0) == OK && all_time->used == 300'000 && one->budget == nullptr);
    schedule_remove(two);
    two->state = THREAD_NEW;
    EXPECT(thread_kill_step(two) && all_time->used == 0 && arch_cpu()->promised == 0);
    EXPECT(thread_current() == boss);
}

TEST("processor time that is passed on is taken away from who passes it on")
{
    EXPECT(setup());
    fe_handle part, more;
    struct object *object;
    EXPECT(manager() != nullptr);
    EXPECT(sys_resource_derive(all_time, RESOURCE_TIME, 0, 500'000, &part) == OK);
    EXPECT(sys_resource_derive(all_time, RESOURCE_TIME, 0, 500'000, &more) == ERR_NOT_ADMITTED);
    EXPECT(handle_find(part, OBJECT_RESOURCE, RIGHT_RESOURCE_USE, &object) == OK);
    struct resource *half = (struct resource *)object;
    EXPECT(sys_resource_derive(half, RESOURCE_TIME, 0, 500'001, &more) != OK);
    EXPECT(sys_resource_derive(half, RESOURCE_TIME, 0, 200'000, &more) == OK &&
           half->used == 200'000);
    EXPECT(sys_handle_close(part) == OK && all_time->used == 500'000);
    EXPECT(sys_handle_close(more) == OK && all_time->used == 0);
}

TEST("parameters out of range are refused")
{
    EXPECT(setup());
    struct thread *thread = manager();
    EXPECT(limit(thread, SCHEDULE_PERIOD_MIN - 1, 0, 0) == ERR_BAD_ARGUMENT);
    EXPECT(limit(thread, SCHEDULE_PERIOD_MAX + 1, 0, 0) == ERR_BAD_ARGUMENT);
    EXPECT(limit(thread, MS, 0, MS + 1) == ERR_BAD_ARGUMENT);
    EXPECT(limit(thread, 0, MS, 0) == ERR_BAD_ARGUMENT);
    EXPECT(limit(thread, MS, MS + 1, 0) == ERR_BAD_ARGUMENT);
    EXPECT(limit(thread, MS, SCHEDULE_BUDGET_MIN - 1, 0) == ERR_BAD_ARGUMENT);
    EXPECT(limit(thread, MS, MS / 2, MS / 4) == ERR_BAD_ARGUMENT);
    time_handle = FE_NO_HANDLE;
    EXPECT(limit(thread, MS, MS / 2, 0) == ERR_BAD_HANDLE && thread->budget == nullptr);
}

// --- Servers -----------------------------------------------------------------------------------

struct service {
    struct channel *channel;
    struct session *session;
    struct thread *server;
};

static bool serve(struct service *service, uint32_t priority)
{
    service->server = play_thread(process, priority);
    if (channel_create(process, &service->channel) != OK) return false;
    object_get_handle(&service->channel->object);
    if (session_create(service->channel, process, 1, &service->session) != OK) return false;
    play_as(service->server);
    service->server->frame.reg[10] = FE_FOREVER;
    service->server->frame.reg[11] = 0;
    return sys_channel_receive(service->channel, &service->server->frame) == CALL_DEFERRED;
}

static enum status call(struct thread *caller, const struct service *service)
{
    play_as(caller);
    caller->frame.reg[1] = 1;
    caller->frame.reg[10] = FE_FOREVER;
    caller->frame.reg[11] = 0;
    return sys_channel_call(service->session, &caller->frame);
}

static void answer(const struct service *service, uint64_t token)
{
    uint64_t *reg = service->server->frame.reg;
    reg[10] = token;
    reg[11] = 0;
    (void)!sys_channel_reply_receive(service->channel, &service->server->frame);
}

TEST("a server's time is its caller's, and a caller that overruns does not hold up the others")
{
    EXPECT(setup());
    struct service first, second;
    EXPECT(serve(&first, 3) && serve(&second, 4));
    struct thread *boss = manager(), *client = play_thread(process, 20);
    struct thread *other = play_thread(process, 10), *between = play_thread(process, 9);
    EXPECT(limit(client, 100 * MS, 2 * MS, 50 * MS) == OK);
    play_as(boss);
    schedule_block(THREAD_NEW);
    EXPECT(run_until(0) == client && call(client, &first) == CALL_DEFERRED);
    EXPECT(thread_current() == first.server && first.server->payer == client->budget);
    uint64_t token = first.server->frame.reg[11];
    EXPECT(call(first.server, &second) == CALL_DEFERRED);
    EXPECT(thread_current() == second.server && second.server->urgency == client->own_urgency);
    EXPECT(run_until(1) == second.server);
    EXPECT(run_until(3) == other && second.server->urgency == second.server->own_urgency);
    EXPECT(client->budget->is_exhausted && !second.server->limited && !first.server->limited);
    EXPECT(call(other, &first) == CALL_DEFERRED); // the chain goes on, at the other's urgency
    EXPECT(run_until(4) == second.server && second.server->urgency == other->urgency);
    EXPECT(between->state == THREAD_READY);
    answer(&second, second.server->frame.reg[11]);
    EXPECT(run_until(4) == first.server);
    answer(&first, token);
    EXPECT(run_until(4) == first.server && first.server->urgency == other->urgency);
    answer(&first, first.server->frame.reg[11]);
    EXPECT(run_until(4) == other && first.server->urgency == first.server->own_urgency);
    EXPECT(first.server->payer == nullptr);
    EXPECT(client->state == THREAD_READY);
    EXPECT(run_until(100) == client && client->limited);
}

TEST("a budget outlives its thread where it pays for others, and costs nothing then")
{
    EXPECT(setup());
    struct service service;
    EXPECT(serve(&service, 3));
    struct thread *boss = manager(), *client = play_thread(process, 20);
    EXPECT(limit(client, 100 * MS, 2 * MS, 0) == OK);
    EXPECT(call(client, &service) == CALL_DEFERRED && service.server->payer == client->budget);
    EXPECT(thread_kill_step(client));
    EXPECT(service.server->payer == nullptr &&
           service.server->urgency == service.server->own_urgency);
    EXPECT(all_time->used == 0 && boss->state == THREAD_READY);
}
