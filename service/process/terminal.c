// SPDX-License-Identifier: MIT
// Controlling terminals: each belongs to a session, whose leader's entry here has the terminal's
// device number and its foreground group. Services that have terminals pass on what their users
// want, and ask for the signals that keys and hang-ups mean.
#include "process.h"
#include <errno.h>
#include <signal.h>
#include <string.h>

static struct process *leader_of(uint32_t session)
{
    struct process *leader = process_find(session);
    if (leader == nullptr || leader->session != session) return nullptr;
    return leader->state_now == STATE_ZOMBIE ? nullptr : leader;
}

static struct process *holder_of(uint32_t terminal)
{
    for (struct process *at = processes; at != nullptr; at = at->next) {
        bool is_leader = at->pid == at->session && at->state_now != STATE_ZOMBIE;
        if (is_leader && at->terminal == terminal) return at;
    }
    return nullptr;
}

// Signals only to members of the session: a group's number may be another's by now.
static void signal_group(uint32_t session, uint32_t group, int number)
{
    struct process *next;
    if (group == 0) return;
    for (struct process *at = processes; at != nullptr; at = next) {
        next = at->next;
        if (at->group == group && at->session == session) signal_send(at, number);
    }
}

static void hang_up_group(const struct process *leader)
{
    signal_group(leader->session, leader->foreground, SIGHUP);
    signal_group(leader->session, leader->foreground, SIGCONT);
}

static void give_up(struct process *leader)
{
    leader->terminal = leader->foreground = 0;
    process_keep(leader);
}

// A terminal that has a session already is taken away from it by uid 0 only.
static int set_session(const struct fe_terminal_wish *wish)
{
    struct process *holder = holder_of(wish->terminal);
    if (wish->number == 0) {
        if (holder == nullptr) return -ENOTTY;
        if (wish->uid != 0 && wish->uid != holder->uid) return -EPERM;
        hang_up_group(holder);
        give_up(holder);
        return 0;
    }
    struct process *leader = leader_of(wish->number);
    if (leader == nullptr || (wish->uid != 0 && wish->uid != leader->uid)) return -EPERM;
    if (holder == leader) return 0;
    if (leader->terminal != 0) return -EPERM;
    if (holder != nullptr && wish->uid != 0) return -EPERM;
    if (holder != nullptr) give_up(holder);
    leader->terminal = wish->terminal;
    leader->foreground = leader->session;
    process_keep(leader);
    return 0;
}

static int set_group(const struct fe_terminal_wish *wish)
{
    struct process *holder = holder_of(wish->terminal);
    if (holder == nullptr) return -ENOTTY;
    if (wish->uid != 0 && wish->uid != holder->uid) return -EPERM;
    if (!group_exists(wish->number, holder->session)) return -EPERM;
    holder->foreground = wish->number;
    process_keep(holder);
    return 0;
}

static int get_group(struct p9_request *request, const struct fe_terminal_wish *wish)
{
    const struct process *holder = holder_of(wish->terminal);
    if (holder == nullptr) return -ENOTTY;
    request->value = holder->foreground | (uint64_t)holder->session << 32;
    return 0;
}

static int send_signal(const struct fe_terminal_wish *wish)
{
    const struct process *holder = holder_of(wish->terminal);
    if (holder == nullptr) return 0;
    if (wish->number == 0 || wish->number > SIGNALS) return -EINVAL;
    signal_group(holder->session, holder->foreground, (int)wish->number);
    return 0;
}

static int hang_up(const struct fe_terminal_wish *wish)
{
    struct process *holder = holder_of(wish->terminal);
    if (holder == nullptr) return 0;
    hang_up_group(holder);
    if (holder->foreground != holder->group) {
        signal_send(holder, SIGHUP);
        signal_send(holder, SIGCONT);
    }
    give_up(holder);
    return 0;
}

int terminal_request(struct p9_request *request, const struct process *process, uint32_t control)
{
    struct fe_terminal_wish wish;
    if (process->uid != 0) return -EPERM;
    if (request->size != sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    if (wish.terminal == 0) return -EINVAL;
    switch (control) {
    case CONTROL_PROCESS_TERMINAL_SESSION_SET: return set_session(&wish);
    case CONTROL_PROCESS_TERMINAL_GROUP_SET: return set_group(&wish);
    case CONTROL_PROCESS_TERMINAL_GROUP_GET: return get_group(request, &wish);
    case CONTROL_PROCESS_TERMINAL_SIGNAL: return send_signal(&wish);
    default: return hang_up(&wish);
    }
}

void terminal_leader_ended(struct process *leader)
{
    if (leader->pid != leader->session || leader->terminal == 0) return;
    struct process was = *leader;
    give_up(leader);
    hang_up_group(&was);
}

// A process of the group whose parent is in another group of the session can continue it.
static bool is_orphaned(const struct process *of)
{
    for (const struct process *at = processes; at != nullptr; at = at->next) {
        bool is_member = at->group == of->group && at->state_now != STATE_ZOMBIE;
        if (is_member && at->parent->session == of->session && at->parent->group != of->group)
            return false;
    }
    return true;
}

bool terminal_may_stop(const struct process *process)
{
    return !is_orphaned(process);
}

void terminal_describe(const struct process *of, struct fe_process_identity *identity)
{
    const struct process *leader = leader_of(of->session);
    if (leader == nullptr || leader->terminal == 0) return;
    identity->terminal = leader->terminal;
    if (group_exists(leader->foreground, leader->session))
        identity->foreground = leader->foreground;
    identity->is_orphaned = is_orphaned(of);
}
