// SPDX-License-Identifier: MIT
// From registration to wait(). A child is made by its parent: registered running, or first made
// (vfork) and then becoming a kernel process; exec is becoming another one. The kernel tells when
// one ends; what its parent did not wait for is a zombie; children of the dead go to init, whose
// zombies vanish at once.
#include "process.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/wide.h>
#include <kept/kept.h>
#include <proc/status.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static bool read_register(const struct p9_request *request, struct fe_process_register *wish)
{
    *wish = (struct fe_process_register){};
    if (request->size > sizeof *wish) return false;
    if (request->size != 0) memcpy(wish, request->data, request->size);
    wish->command[sizeof wish->command - 1] = '\0';
    return true;
}

static void apply(struct process *process, const struct fe_process_register *wish)
{
    if (wish->group == UINT32_MAX) {
        process->group = process->pid;
    } else if (wish->group != 0 && group_exists(wish->group, process->session)) {
        process->group = wish->group;
    }
    process->signals.ignored = wish->ignored;
    process->signals.blocked = wish->blocked;
    process->signals.caught = 0;
    if (wish->command[0] != '\0') memcpy(process->command, wish->command, sizeof wish->command);
}

static uint64_t ended_bit(const struct process *process)
{
    return 1ull << process->pid % BIT_ENDED_COUNT;
}

enum status life_watch(struct process *process)
{
    return fe_process_watch(process->process, server.event, ended_bit(process));
}

// Watches the kernel process that is behind the pid from now on. `handle` is consumed. What was
// kept of the one before is no longer named by the record that the caller is going to write.
static int attach(struct process *process, fe_handle handle)
{
    if (fe_process_watch(handle, server.event, ended_bit(process)) != OK) {
        fe_handle_drop(&handle);
        return -EINVAL;
    }
    fe_handle_drop(&process->process);
    process->process = handle;
    process->kept_process = kept_put(handle);
    signal_forget_page(process);
    if (process->state_now == STATE_MADE) process->state_now = STATE_ALIVE;
    return 0;
}

// The service was asked for the same before and ended before it answered.
static bool is_repeated(const struct p9_request *request)
{
    return (request->word[2] & CONTROL_REPEATED) != 0;
}

// The child that a registration which is repeated made already; nullptr: none.
static struct process *find_registered(const struct process *parent, fe_handle handle)
{
    struct fe_handle_info wanted, info;
    if (fe_handle_inspect(handle, &wanted) != OK) return nullptr;
    struct process *at = processes;
    for (; at != nullptr; at = at->next) {
        if (at->parent != parent || at->process == FE_NO_HANDLE) continue;
        if (fe_handle_inspect(at->process, &info) == OK && info.id == wanted.id) break;
    }
    return at;
}

// The session travels in the reply; the process is told apart by it from then on.
static int give_session(struct p9_request *request, struct process *process)
{
    fe_handle session;
    struct p9_user user = {.uid = process->uid, .gid = process->gid};
    if (p9_session_create(&server, &process->node, &user, process, &session) != OK) {
        return -ENOMEM;
    }
    process->badge = p9_session_badge(&server);
    process_keep(process);
    request->value = process->pid;
    return p9_answer_handle(request, session);
}

int life_child(struct p9_request *request, struct process *parent)
{
    struct fe_process_register wish;
    if (!read_register(request, &wish)) return -EINVAL;
    struct process *process = process_create(parent);
    if (process == nullptr) return -ENOMEM;
    process->state_now = STATE_MADE;
    memcpy(process->command, parent->command, sizeof process->command);
    apply(process, &wish);
    int error = give_session(request, process);
    if (error != 0) process_remove(process);
    return error;
}

int life_register(struct p9_request *request, struct process *parent)
{
    fe_handle handle = p9_take_handle(request, 0);
    struct fe_process_register wish;
    if (handle == FE_NO_HANDLE || !read_register(request, &wish)) {
        fe_handle_drop(&handle);
        return -EINVAL;
    }
    struct process *process = is_repeated(request) ? find_registered(parent, handle) : nullptr;
    if (process == nullptr) process = process_create(parent);
    if (process == nullptr) {
        fe_handle_drop(&handle);
        return -ENOMEM;
    }
    apply(process, &wish);
    process->is_watched = true;
    uint32_t before = process->kept_process;
    int error = attach(process, handle);
    if (error == 0) error = give_session(request, process);
    if (error != 0) process_remove(process);
    kept_drop(before);
    return error;
}

int life_become(struct p9_request *request, struct process *process)
{
    struct fe_process_register wish;
    fe_handle handle = p9_take_handle(request, 0);
    if (handle == FE_NO_HANDLE || !read_register(request, &wish)) {
        fe_handle_drop(&handle);
        return -EINVAL;
    }
    uint32_t before = process->kept_process;
    int error = attach(process, handle);
    if (error != 0) return error;
    uint64_t pending = process->signals.pending;
    process->signals.pending = 0;
    apply(process, &wish);
    for (int number = 1; pending != 0; number++, pending >>= 1) {
        if (pending & 1) signal_send(process, number);
    }
    process_keep(process);
    kept_drop(before);
    return 0;
}

// --- Ending ------------------------------------------------------------------------------------

static bool ignores_children(const struct process *process)
{
    if (process == &init_process) return true;
    const struct fe_signal_page *page = process->page ? process->page : &process->signals;
    return (fe_flags_read(&page->ignored, __ATOMIC_RELAXED) >> (SIGCHLD - 1) & 1) != 0;
}

// What SIGCHLD tells.
static struct fe_signal_slot news_of(const struct process *process)
{
    struct fe_signal_slot known = {.number = SIGCHLD, .pid = process->pid, .uid = process->uid};
    int32_t status = process->status;
    if (process->state_now == STATE_STOPPED) {
        known.code = CLD_STOPPED;
        known.value = (uint32_t)process->stop_signal;
    } else if (process->state_now != STATE_ZOMBIE) {
        known.code = CLD_CONTINUED;
        known.value = SIGCONT;
    } else {
        known.code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
        known.value = (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    }
    return known;
}

void life_tell_parent(struct process *process)
{
    struct fe_signal_slot known = news_of(process);
    (void)signal_tell(process->parent, &known);
    p9_node_changed(&process->parent->node);
}

static void adopt_children(struct process *process)
{
    struct process *next;
    for (struct process *at = processes; at != nullptr; at = next) {
        next = at->next;
        if (at->parent != process) continue;
        at->parent = &init_process;
        if (at->state_now == STATE_ZOMBIE)
            process_remove(at);
        else
            process_keep(at);
    }
    keep_settle_of(process);
}

void life_announce(struct process *process)
{
    struct process *parent = process->parent;
    bool vanishes = process->is_watched || ignores_children(parent);
    if (!vanishes) life_tell_parent(process);
    if (vanishes) {
        process_remove(process);
        p9_node_changed(&parent->node);
    }
}

static void end(struct process *process, int32_t status)
{
    if (process->state_now == STATE_ZOMBIE || process == &init_process) return;
    process->state_now = STATE_ZOMBIE;
    process->status = status;
    process->alarm = 0;
    signal_forget_page(process);
    fe_handle_drop(&process->process);
    uint32_t kept = process->kept_process;
    process->kept_process = 0;
    process_keep(process);
    kept_drop(kept);
    terminal_leader_ended(process);
    adopt_children(process);
    life_announce(process);
}

void life_ended(uint64_t bits)
{
    struct process *next;
    for (struct process *at = processes; at != nullptr; at = next) {
        struct fe_process_info info;
        next = at->next;
        if (at->process == FE_NO_HANDLE || (bits & ended_bit(at)) == 0) continue;
        if (fe_process_inspect(at->process, &info) != OK || info.state != PROCESS_DEAD) continue;
        at->cpu_time = info.cpu_time;
        end(at, status_of_code(info.exit_code));
        next = processes; // ending may remove others
    }
}

int life_exit(struct p9_request *request, struct process *process)
{
    int32_t status;
    if (request->size != sizeof status || process->state_now != STATE_MADE) return -EINVAL;
    memcpy(&status, request->data, sizeof status);
    end(process, status);
    return 0;
}

// A child that was being made and whose maker is gone, or never got to know it, was none.
void life_session_gone(void *owner, uint64_t badge)
{
    struct process *process = owner;
    struct process *at = processes;
    while (at != nullptr && at != process) at = at->next;
    if (at == nullptr || at->badge != badge) return; // it has another one by now
    at->badge = 0;
    if (at->state_now == STATE_MADE)
        process_remove(at);
    else
        process_keep(at);
}

// --- Waiting -----------------------------------------------------------------------------------

static bool is_selected(const struct process *child, const struct process *parent, int32_t selector)
{
    if (child->parent != parent || child == parent) return false;
    if (selector > 0) return child->pid == (uint32_t)selector;
    if (selector == 0) return child->group == parent->group;
    return selector == -1 || child->group == (uint32_t)-selector;
}

struct wait {
    int32_t selector;
    uint32_t options, number;
};

static bool has_news(struct process *child, const struct wait *wait, struct fe_process_exit *exit)
{
    uint32_t options = wait->options;
    bool keep = (options & WNOWAIT) != 0;
    *exit = (struct fe_process_exit){.pid = (int32_t)child->pid, .cpu_time = child->cpu_time};
    if (child->state_now == STATE_ZOMBIE) {
        exit->status = child->status;
        if (!keep) process_forget_told(child, child->parent, wait->number);
        return true;
    }
    if ((options & WUNTRACED) && child->tell_stop) {
        exit->status = child->stop_signal << 8 | 0x7f;
        if (!keep) child->tell_stop = false;
        process_keep(child);
        return true;
    }
    if ((options & WCONTINUED) && child->tell_continue) {
        exit->status = 0xffff;
        if (!keep) child->tell_continue = false;
        process_keep(child);
        return true;
    }
    return false;
}

int life_wait(struct p9_request *request, struct process *process)
{
    struct wait wish;
    if (request->size != sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    struct fe_process_exit exit = {};
    if (is_repeated(request) && keep_told(process, wish.number, &exit))
        return p9_answer(request, &exit, sizeof exit);
    if (!is_repeated(request)) keep_settle_of(process);
    bool has_child = false;
    for (struct process *at = processes; at != nullptr; at = at->next) {
        if (!is_selected(at, process, wish.selector)) continue;
        has_child = true;
        if (has_news(at, &wish, &exit)) return p9_answer(request, &exit, sizeof exit);
    }
    if (!has_child) return -ECHILD;
    if ((wish.options & WNOHANG) == 0) return P9_LATER;
    exit = (struct fe_process_exit){};
    return p9_answer(request, &exit, sizeof exit);
}
