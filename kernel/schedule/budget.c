// SPDX-License-Identifier: MIT
// Budgets: see the header. One timer per thread that has a period stands at its next deadline or
// release. A thread without a budget that missed its deadline has no timer at all until it comes
// back for its next period: periods cost time only to those who were admitted, or look at them.
#include "kernel/schedule/budget.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/event.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/resource.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/place.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trace.h"
#include <kernel/syscalls.h>

static struct slab budget_slab;

void budget_init_all(void)
{
    slab_init(&budget_slab, "budget", sizeof(struct budget));
}

void budget_get(struct budget *budget)
{
    budget->references++;
}

void budget_put(struct budget *budget)
{
    ASSERT(budget->references > 0);
    if (--budget->references > 0) return;
    struct process *charged = budget->charged;
    slab_free(&budget_slab, budget);
    process_uncharge(charged, sizeof *budget);
    process_release(charged);
}

// --- Periods -----------------------------------------------------------------------------------

static uint64_t deadline_of(const struct budget *budget)
{
    const struct fe_schedule *schedule = &budget->thread->schedule;
    uint64_t after = schedule->relative_deadline;
    return budget->release + (after == 0 ? schedule->period : after);
}

static void set_urgency(struct budget *budget)
{
    struct thread *thread = budget->thread;
    bool has_deadline = thread->schedule.relative_deadline != 0;
    uint64_t deadline = has_deadline ? deadline_of(budget) : UINT64_MAX;
    thread->own_urgency = budget->is_exhausted ? (uint64_t)URGENCY_LEAST
                                               : urgency_of(thread->schedule.priority, deadline);
}

static void miss(struct budget *budget, uint64_t count)
{
    budget->misses += count;
    trace_budget(budget->thread, TRACE_MISS, count, 0);
    if (budget->event != nullptr) event_signal(budget->event, budget->event_bits);
}

// Brings the budget up to `now`; true when a period began. Of those that passed altogether, nothing
// was seen but their deadlines.
static bool advance(struct budget *budget, uint64_t now)
{
    ASSERT(budget->thread->schedule.period > 0 && now >= budget->release);
    uint64_t period = budget->thread->schedule.period;
    if (!budget->is_judged && now >= deadline_of(budget)) {
        budget->is_judged = true;
        if (!budget->is_done) miss(budget, 1);
    }
    uint64_t passed = (now - budget->release) / period;
    if (passed == 0) return false;
    if (passed > 1) miss(budget, passed - 1);
    budget->release += passed * period;
    budget->left = budget->limit;
    budget->is_exhausted = budget->is_judged = budget->is_done = false;
    budget->is_due = true;
    set_urgency(budget);
    trace_budget(budget->thread, TRACE_RELEASE, budget->release, deadline_of(budget));
    return true;
}

static void arm(struct budget *budget)
{
    uint32_t priority = budget->thread->schedule.priority;
    if (!budget->is_judged && !budget->is_done) {
        timer_arm_as(&budget->timer, deadline_of(budget), priority);
    } else if (budget->is_done || budget->limit != 0) {
        timer_arm_as(&budget->timer, budget->release + budget->thread->schedule.period, priority);
    }
}

// The thread takes the present period up; how many deadlines it missed since it did that last.
static uint64_t take_up(struct budget *budget)
{
    uint64_t missed = budget->misses - budget->told;
    budget->told = budget->misses;
    budget->is_due = false;
    return missed;
}

static void budget_timer(struct timer *timer)
{
    struct budget *budget = CONTAINER(timer, struct budget, timer);
    struct thread *thread = budget->thread;
    bool begins = advance(budget, clock_now());
    if (begins) schedule_update(thread);
    if (begins && thread->state == THREAD_RESTING) {
        thread->frame.reg[1] = budget->release;
        thread->frame.reg[2] = take_up(budget);
        wait_end(thread, OK);
    }
    arm(budget);
}

enum status sys_thread_period_wait(uint64_t *release, uint64_t *missed)
{
    struct thread *thread = thread_current();
    struct budget *budget = thread->budget;
    if (budget == nullptr) return ERR_BAD_STATE;
    if (thread->limited) schedule_account(arch_cpu());
    if (advance(budget, clock_now())) schedule_update(thread);
    if (budget->is_due) {
        *release = budget->release;
        *missed = take_up(budget);
        arm(budget);
        return OK;
    }
    TRY(wait_check(thread, FE_FOREVER));
    budget->is_done = true;
    arm(budget);
    wait_arm(thread, FE_FOREVER);
    schedule_block(THREAD_RESTING);
    return CALL_DEFERRED;
}

// --- Charging ----------------------------------------------------------------------------------

// Whoever runs by it notices on the way out of the kernel.
void budget_charge(struct budget *budget, uint64_t ticks)
{
    if (ticks < budget->left) {
        budget->left -= ticks;
        return;
    }
    budget->left = 0;
    if (budget->is_exhausted || budget->thread == nullptr) return;
    budget->is_exhausted = true;
    budget->overruns++;
    trace_budget(budget->thread, TRACE_OVERRUN, 0, 0);
    set_urgency(budget);
    schedule_update_later(budget->thread);
}

// --- Admission ---------------------------------------------------------------------------------

enum : uint64_t { PER_MILLION = 1'000'000 };

static uint32_t share_of(const struct fe_schedule *schedule)
{
    if (schedule->period == 0) return 0;
    return (uint32_t)((schedule->budget * PER_MILLION + schedule->period - 1) / schedule->period);
}

static enum status check(const struct fe_schedule *schedule)
{
    uint64_t period = schedule->period, deadline = schedule->relative_deadline;
    uint64_t budget = schedule->budget;
    if (period == 0) return budget == 0 ? OK : ERR_BAD_ARGUMENT;
    if (period < SCHEDULE_PERIOD_MIN || period > SCHEDULE_PERIOD_MAX) return ERR_BAD_ARGUMENT;
    if (deadline > period) return ERR_BAD_ARGUMENT;
    uint64_t most = deadline == 0 ? period : deadline;
    bool is_budget = budget >= SCHEDULE_BUDGET_MIN && budget <= most;
    return budget == 0 || is_budget ? OK : ERR_BAD_ARGUMENT;
}

// What the thread was admitted for before is its own to give back.
static enum status admit(const struct thread *thread, uint32_t share, struct resource *time)
{
    const struct budget *old = thread->budget;
    const struct cpu *cpu = old == nullptr ? place_promise(thread) : old->cpu;
    uint32_t before = old == nullptr ? 0 : old->share;
    uint64_t back = old != nullptr && old->time == time ? before : 0;
    if (share > time->size - time->used + back) return ERR_NOT_ADMITTED;
    if (cpu->promised - before + share > SCHEDULE_SHARE_MAX) return ERR_NOT_ADMITTED;
    return OK;
}

enum status budget_prepare(struct thread *thread, const struct fe_schedule *schedule,
                           struct resource **time)
{
    struct process *process = thread->process;
    *time = nullptr;
    TRY(check(schedule));
    if (schedule->budget != 0) {
        struct object *object;
        TRY(handle_find(schedule->time, OBJECT_RESOURCE, RIGHT_RESOURCE_USE, &object));
        *time = (struct resource *)object;
        if ((*time)->kind != RESOURCE_TIME) return ERR_WRONG_TYPE;
        TRY(admit(thread, share_of(schedule), *time));
    }
    if (schedule->period == 0 || thread->budget != nullptr) return OK;
    TRY(process_charge(process, sizeof *thread->budget));
    struct budget *budget = slab_allocate(&budget_slab);
    if (budget == nullptr) {
        process_uncharge(process, sizeof *budget);
        return ERR_NO_MEMORY;
    }
    process_hold(process);
    *budget = (struct budget){.thread = thread,
                              .timer = {.fire = budget_timer},
                              .references = 1,
                              .cpu = place_promise(thread),
                              .charged = process};
    thread->budget = budget;
    return OK;
}

static void promise(struct budget *budget, uint32_t share, struct resource *time)
{
    if (time != nullptr) {
        object_get(&time->object);
        time->used += share;
        budget->cpu->promised += share;
    }
    if (budget->time != nullptr) {
        budget->time->used -= budget->share;
        budget->cpu->promised -= budget->share;
        object_put(&budget->time->object);
    }
    ASSERT(budget->cpu->promised <= SCHEDULE_SHARE_MAX);
    ASSERT(time == nullptr || time->used <= time->size);
    budget->time = time;
    budget->share = share;
}

void budget_drop(struct thread *thread)
{
    struct budget *budget = thread->budget;
    if (budget == nullptr) return;
    thread->budget = nullptr;
    timer_disarm(&budget->timer);
    promise(budget, 0, nullptr);
    if (budget->event != nullptr) object_put(&budget->event->object);
    budget->event = nullptr;
    budget->thread = nullptr;
    budget_put(budget);
}

static void apply_period(struct thread *thread, struct resource *time)
{
    struct budget *budget = thread->budget;
    promise(budget, share_of(&thread->schedule), time);
    budget->limit = budget->left = clock_ns_to_ticks(thread->schedule.budget);
    budget->release = clock_now();
    budget->is_exhausted = budget->is_judged = budget->is_done = budget->is_due = false;
    set_urgency(budget);
    arm(budget);
}

void budget_apply(struct thread *thread, const struct fe_schedule *schedule, struct resource *time)
{
    schedule_account(thread->cpu); // what was used until now is the old budget's
    thread->schedule = *schedule;
    if (schedule->period != 0) {
        apply_period(thread, time);
    } else {
        uint64_t deadline = UINT64_MAX, after = schedule->relative_deadline;
        if (after == 0 || __builtin_add_overflow(clock_now(), after, &deadline)) {
            deadline = UINT64_MAX;
        }
        thread->own_urgency = urgency_of(schedule->priority, deadline);
        budget_drop(thread);
    }
    schedule_update(thread);
    place_apply(thread);
}

// The event is told of each missed deadline; bits 0: no more.
enum status sys_thread_deadline_watch(struct thread *thread, fe_handle handle, uint64_t bits)
{
    struct event *event;
    TRY(event_find(handle, &event));
    struct budget *budget = thread->budget;
    if (budget == nullptr) return ERR_BAD_STATE;
    if (bits != 0) object_get(&event->object);
    if (budget->event != nullptr) object_put(&budget->event->object);
    budget->event = bits == 0 ? nullptr : event;
    budget->event_bits = bits;
    return OK;
}
