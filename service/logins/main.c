// SPDX-License-Identifier: MIT
// Logins: proves who somebody is, by password or key, and starts what they run, as themselves and
// in a namespace of their own. Each open of the file is a conversation, which whoever speaks to the
// peer is given and can do no harm with: before the proof it can only try, and after it it is what
// the user is. See logins(4).
#include "logins.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <proc/status.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { CONVERSATIONS_MOST = 128, RUNNING_MOST = 64 };

struct p9_server server;
const char *host_key_path;
static struct conversation *conversations;
static uint32_t conversation_count;

static struct conversation *conversation_of(const struct p9_open *open)
{
    return (struct conversation *)open->node;
}

// The next program that has ended. A read that is too short gets nothing of it.
static int64_t read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                    size_t count)
{
    struct conversation *conversation = conversation_of(open);
    struct running *first = conversation->ended;
    if (first == nullptr) return P9_LATER;
    struct fe_login_end end = {.number = first->number, .status = first->status};
    if (count < sizeof end) return -EINVAL;
    memcpy(to, &end, sizeof end);
    conversation->ended = first->next;
    running_free(first);
    return sizeof end;
}

static uint32_t ready(struct p9_open *open)
{
    return conversation_of(open)->ended ? READY_READ : 0;
}

static bool is_full(const struct conversation *conversation)
{
    uint32_t count = 0;
    for (const struct running *at = conversation->running; at; at = at->next) count++;
    return count >= RUNNING_MOST;
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    if (what < CONTROL_LOGIN_PASSWORD || what > CONTROL_LOGIN_HOST_SIGN) return -ENOTTY;
    if (what == CONTROL_LOGIN_START && is_full(conversation_of(open))) return -EAGAIN;
    return work_begin(request, conversation_of(open));
}

static void close(struct p9_open *open)
{
    struct conversation *conversation = conversation_of(open), **at = &conversations;
    conversation->is_closed = true;
    while (*at != conversation) at = &(*at)->next;
    *at = conversation->next;
    conversation_count--;
}

static void free_list(struct running *list)
{
    while (list) {
        struct running *next = list->next;
        running_free(list);
        list = next;
    }
}

// What runs goes on; it finds its terminal or its pipes gone.
static void release(struct p9_node *node)
{
    struct conversation *conversation = (struct conversation *)node;
    free_list(conversation->running);
    free_list(conversation->ended);
    while (conversation->terminals) {
        struct terminal *terminal = conversation->terminals;
        conversation->terminals = terminal->next;
        terminal_free(terminal);
    }
    fe_handle_drop(&conversation->name_space);
    fe_handle_drop(&conversation->network);
    explicit_bzero(conversation, sizeof *conversation);
    free(conversation);
}

static const struct p9_operations conversation_operations = {
    .read = read, .ready = ready, .control = control, .close = close, .release = release};

static int open_one(struct p9_request *request, struct p9_open *open)
{
    if (conversation_count == CONVERSATIONS_MOST) return -EMFILE;
    struct conversation *fresh = calloc(1, sizeof *fresh);
    if (fresh == nullptr) return -ENOMEM;
    fresh->node = (struct p9_node){.operations = &conversation_operations,
                                   .references = 1, // the open file's
                                   .mode = MODE_CHARACTER | 0600,
                                   .links = 1,
                                   .path = p9_path_new()};
    fresh->next = conversations;
    conversations = fresh;
    conversation_count++;
    p9_node_put(open->node);
    open->node = &fresh->node;
    return 0;
}

// Moves what has ended to the other list, in the order in which it was started.
static void look_who_ended(struct conversation *conversation)
{
    struct running **at = &conversation->running, **end = &conversation->ended;
    bool has_any = false;
    while (*end) end = &(*end)->next;
    while (*at) {
        struct running *running = *at;
        struct fe_process_info info;
        bool is_known = fe_process_inspect(running->process, &info) == OK;
        if (is_known && info.state != PROCESS_DEAD) {
            at = &running->next;
            continue;
        }
        running->status = status_of_code(is_known ? info.exit_code : FE_EXIT_KILLED);
        *at = running->next;
        running->next = nullptr;
        *end = running;
        end = &running->next;
        has_any = true;
    }
    if (has_any) p9_node_changed(&conversation->node);
}

static void signalled(struct p9_server *self, uint64_t bits)
{
    if (bits & BIT_DONE) work_finish_all();
    for (struct conversation *c = conversations; c; c = c->next) look_who_ended(c);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fe_log("usage: logins keyfile");
        return 2;
    }
    host_key_path = arguments[1];
    static const struct p9_operations operations = {.open = open_one};
    static struct p9_node root = {
        .operations = &operations, .references = 1, .links = 1, .mode = MODE_CHARACTER | 0600};
    root.path = p9_path_new();
    server = (struct p9_server){.name = "logins", .root = &root, .signalled = signalled};
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 3;
    p9_serve(&server);
}
