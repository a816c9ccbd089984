// SPDX-License-Identifier: MIT
// Signals. What a program catches, ignores or blocks it says in a page that it shares with this
// service; a signal for it becomes a bit there and an interrupt of its thread. Everything else is
// done here: ending, stopping, continuing.
#include "process.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/signal.h>
#include <ferrite/wide.h>
#include <kept/kept.h>
#include <signal.h>
#include <string.h>

static uint64_t bit_of(int number)
{
    return 1ull << (number - 1);
}

static bool is_stop(int number)
{
    return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static bool is_harmless(int number)
{
    return number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT;
}

static struct fe_signal_page *page_of(struct process *process)
{
    return process->page ? process->page : &process->signals;
}

static void stop(struct process *process, int number)
{
    if (process->state_now != STATE_ALIVE || fe_process_stop(process->process) != OK) return;
    process->state_now = STATE_STOPPED;
    process->stop_signal = number;
    process->tell_stop = true;
    process->tell_continue = false;
    process_keep(process);
    life_tell_parent(process);
}

static void go_on(struct process *process)
{
    if (process->state_now != STATE_STOPPED || fe_process_continue(process->process) != OK) return;
    process->state_now = STATE_ALIVE;
    process->tell_stop = false;
    process->tell_continue = true;
    process_keep(process);
    life_tell_parent(process);
}

// A real-time signal is pending as often as it was sent; of another one the first is told of.
static bool hold(struct process *process, const struct fe_signal_slot *known)
{
    bool is_queued = known->number >= SIGNAL_REAL_TIME;
    if (process->page != nullptr &&
        (is_queued || !fe_signal_has(process->page, known->number, nullptr)) &&
        !fe_signal_put(process->page, known) && is_queued) {
        return false;
    }
    fe_flags_set(&page_of(process)->pending, bit_of((int)known->number));
    if (process->page == nullptr) process_keep(process);
    return true;
}

static bool act_by_default(struct process *process, const struct fe_signal_slot *known)
{
    int number = (int)known->number;
    if (is_harmless(number)) return true;
    if (is_stop(number) && number != SIGSTOP && !terminal_may_stop(process)) return true;
    if (process->process == FE_NO_HANDLE) return hold(process, known); // it is only being made
    if (is_stop(number)) {
        stop(process, number);
    } else if (process != &init_process && fe_process_kill(process->process, -number) != OK) {
        return hold(process, known);
    }
    return true;
}

static bool is_in(const uint64_t *set, int number)
{
    return (fe_flags_read(set, __ATOMIC_SEQ_CST) & bit_of(number)) != 0;
}

bool signal_tell(struct process *process, const struct fe_signal_slot *known)
{
    int number = (int)known->number;
    if (process->state_now == STATE_ZOMBIE || process == &init_process) return true;
    struct fe_signal_page *page = page_of(process);
    if (number == SIGCONT) {
        uint64_t stops = bit_of(SIGSTOP) | bit_of(SIGTSTP) | bit_of(SIGTTIN) | bit_of(SIGTTOU);
        fe_flags_clear(&page->pending, stops);
        go_on(process);
    } else if (is_stop(number)) {
        fe_flags_clear(&page->pending, bit_of(SIGCONT));
    }
    if (number == SIGKILL || number == SIGSTOP) return act_by_default(process, known);
    if (is_in(&page->ignored, number)) return true;
    if (!is_in(&page->blocked, number) && !is_in(&page->caught, number)) {
        return act_by_default(process, known);
    }
    if (!hold(process, known)) return false;
    enum status status =
        process->thread == FE_NO_HANDLE ? OK : fe_thread_interrupt(process->thread);
    (void)status; // a thread that is dead needs none
    return true;
}

void signal_send(struct process *process, int number)
{
    (void)signal_tell(process,
                      &(struct fe_signal_slot){.number = (uint32_t)number, .code = SI_KERNEL});
}

// --- Requests ----------------------------------------------------------------------------------

static bool may_signal(const struct process *sender, const struct process *target, int number)
{
    if (sender->uid == 0 || sender->uid == target->uid) return true;
    return number == SIGCONT && sender->session == target->session;
}

static bool is_meant(const struct process *target, const struct process *sender, int32_t selector)
{
    if (!process_sees(sender, target)) return false;
    if (target->state_now == STATE_ZOMBIE && selector <= 0) return false;
    if (selector > 0) return target->pid == (uint32_t)selector;
    if (selector == 0) return target->group == sender->group;
    if (selector == -1) return target != sender && target != &init_process;
    return target->group == (uint32_t)-selector;
}

// data: i32 selector as of kill(), u32 signal (0: only ask); or these and what it tells.
int signal_request(struct p9_request *request, struct process *sender)
{
    struct fe_signal_wish wish = {};
    size_t least = offsetof(struct fe_signal_wish, code);
    if (request->size != sizeof wish && request->size != least) return -EINVAL;
    memcpy(&wish, request->data, request->size);
    if (wish.number > SIGNALS || wish.code > 0) return -EINVAL;
    struct fe_signal_slot known = {.number = wish.number,
                                   .code = wish.code,
                                   .pid = sender->pid,
                                   .uid = sender->uid,
                                   .value = wish.value};
    bool found = false, allowed = false, has_room = true;
    struct process *next;
    for (struct process *at = processes; at != nullptr; at = next) {
        next = at->next;
        if (!is_meant(at, sender, wish.selector)) continue;
        found = true;
        if (!may_signal(sender, at, (int)wish.number)) continue;
        allowed = true;
        if (wish.number != 0) has_room = signal_tell(at, &known) && has_room;
    }
    // It may be this service that was asked to end, or have ended after it was done.
    bool is_repeated = (request->word[2] & CONTROL_REPEATED) != 0;
    if (!found) return is_repeated ? 0 : -ESRCH;
    if (!allowed) return -EPERM;
    return has_room ? 0 : -EAGAIN;
}

int signal_map_page(struct process *process, fe_handle thread, fe_handle memory)
{
    void *address;
    if (fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ | MAP_WRITE, &address) != OK) {
        fe_handle_drop(&thread);
        return -EINVAL;
    }
    process->thread = thread;
    process->page = address;
    return 0;
}

int signal_set_page(struct p9_request *request, struct process *process)
{
    fe_handle thread = p9_take_handle(request, 0);
    FE_HANDLE memory = p9_take_handle(request, 1);
    if (thread == FE_NO_HANDLE) return -EINVAL;
    struct fe_signal_page *before = process->page;
    fe_handle thread_before = process->thread;
    int error = signal_map_page(process, thread, memory);
    if (error != 0) return error;
    uint32_t kept_thread = process->kept_thread, kept_page = process->kept_page;
    uint64_t pending = process->signals.pending;
    process->kept_thread = kept_put(thread);
    process->kept_page = kept_put(memory);
    process->signals = (struct fe_signal_page){};
    for (uint32_t number = 1; pending != 0; number++, pending >>= 1) {
        struct fe_signal_slot known = {.number = number, .code = SI_KERNEL};
        if ((pending & 1) != 0) (void)hold(process, &known); // the page is new: there is room
    }
    process_keep(process);
    kept_drop(kept_thread);
    kept_drop(kept_page);
    fe_handle_drop(&thread_before);
    if (before != nullptr && fe_memory_unmap(before, FE_PAGE_SIZE) != OK) return -EINVAL;
    return 0;
}

// The caller writes the record.
void signal_forget_page(struct process *process)
{
    if (process->page && fe_memory_unmap(process->page, FE_PAGE_SIZE) != OK) return;
    process->page = nullptr;
    fe_handle_drop(&process->thread);
    kept_drop(process->kept_thread);
    kept_drop(process->kept_page);
    process->kept_thread = process->kept_page = 0;
}

// --- Alarms ------------------------------------------------------------------------------------

static void arm(void)
{
    uint64_t next = 0;
    for (struct process *at = processes; at != nullptr; at = at->next) {
        if (at->alarm != 0 && (next == 0 || at->alarm < next)) next = at->alarm;
    }
    enum status status = fe_event_arm(server.event, BIT_ALARM, next == 0 ? FE_FOREVER : next, 0);
    (void)status;
}

int alarm_request(struct p9_request *request, struct process *process)
{
    uint64_t times[2];
    if (request->size != sizeof times) return -EINVAL;
    memcpy(times, request->data, sizeof times);
    process->alarm = times[0];
    process->period = times[1];
    process_keep(process);
    arm();
    return 0;
}

void alarm_run(void)
{
    uint64_t now = fe_clock_monotonic();
    for (struct process *at = processes; at != nullptr; at = at->next) {
        if (at->alarm == 0 || at->alarm > now) continue;
        uint64_t period = at->period;
        signal_send(at, SIGALRM);
        at->alarm = period == 0 ? 0 : at->alarm + ((now - at->alarm) / period + 1) * period;
        process_keep(at);
    }
    arm();
}
