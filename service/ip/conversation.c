// SPDX-License-Identifier: MIT
// Conversations and their files (net/net.h has the contract). What the protocols have in common is
// here: the life of a conversation, commands, listening, and who runs again when something
// happened.
#include "rule.h"
#include "view.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct conversation *touched;
static struct conversation *early; // those that connect or send before there is a way

void conversation_touch(struct conversation *conversation)
{
    if (conversation->is_touched) return;
    conversation->is_touched = true;
    conversation->next_touched = touched;
    touched = conversation;
}

static void early_forget(struct conversation *conversation)
{
    for (struct conversation **at = &early; *at != nullptr; at = &(*at)->next_early) {
        if (*at != conversation) continue;
        *at = conversation->next_early;
        break;
    }
    conversation->is_early = false;
}

// Runs again with each change, until there is a way or none is coming.
static void early_add(struct conversation *conversation)
{
    if (conversation->is_early) return;
    conversation->is_early = true;
    conversation->next_early = early;
    early = conversation;
}

// What is asked for an address is not told yet that there is no way: it connects when there is.
static int connect_or_wait(struct conversation *conversation, const ip_addr_t *address,
                           uint16_t port)
{
    int error = conversation->protocol->connect(conversation, address, port);
    if (error != -ENETUNREACH || !route_is_coming(address)) return error;
    conversation->remote = *address;
    conversation->remote_port = port;
    conversation->state = STATE_CONNECTING;
    early_add(conversation);
    return 0;
}

static void early_connect(void)
{
    struct conversation *list = early, *next;
    early = nullptr;
    for (; list != nullptr; list = next) {
        next = list->next_early;
        ip_addr_t address = list->remote;
        bool is_connecting = list->state == STATE_CONNECTING; // else it sends, or was hung up
        int error = 0;
        list->is_early = false;
        if (is_connecting) list->state = STATE_IDLE;
        if (is_connecting) error = connect_or_wait(list, &address, list->remote_port);
        if (error != 0) list->error = -error;
        if (!list->is_early) conversation_touch(list);
    }
}

void conversations_settle(void)
{
    early_connect();
    while (touched != nullptr) {
        struct conversation *conversation = touched;
        touched = conversation->next_touched;
        conversation->is_touched = false;
        struct p9_node *nodes[] = {conversation->ctl, conversation->data, conversation->listen};
        for (size_t i = 0; i < 3; i++) p9_node_get(nodes[i]);
        for (size_t i = 0; i < 3; i++) p9_node_changed(nodes[i]);
        for (size_t i = 0; i < 3; i++) p9_node_put(nodes[i]);
    }
}

static void untouch(struct conversation *conversation)
{
    for (struct conversation **at = &touched; *at != nullptr; at = &(*at)->next_touched) {
        if (*at != conversation) continue;
        *at = conversation->next_touched;
        return;
    }
}

// The path of one of its files ("": of its folder), and the tree that it is in.
static struct p9_node *place(const struct conversation *conversation, const char *name, char *path,
                             size_t size)
{
    const char *folder;
    struct p9_node *root = view_tree(conversation->view, &folder);
    snprintf(path, size, "%s%s%s/%u%s%s", folder, folder[0] == '\0' ? "" : "/",
             conversation->protocol->name, conversation->number, name[0] == '\0' ? "" : "/", name);
    return root;
}

void conversation_destroy(struct conversation *conversation)
{
    char path[80];
    while (conversation->first_call != nullptr) {
        struct conversation *call = conversation->first_call;
        conversation->first_call = call->next_call;
        conversation_destroy(call);
    }
    early_forget(conversation);
    conversation->protocol->close(conversation);
    p9_tree_remove(place(conversation, "", path, sizeof(path)), path);
    untouch(conversation);
    number_give(conversation->protocol->numbers, conversation->number);
    view_put(conversation->view);
    free(conversation);
}

// The conversation's files count their opens.
static int file_open(struct p9_request *request, struct p9_open *open)
{
    struct conversation *conversation = p9_tree_context(open->node);
    if (conversation == nullptr) return -ENOENT; // it ended while somebody was on the way
    conversation->opens++;
    open->state = conversation;
    return 0;
}

static void file_close(struct p9_open *open)
{
    struct conversation *conversation = open->state;
    open->state = nullptr;
    if (--conversation->opens == 0) conversation_destroy(conversation);
}

// Makes an open file the ctl of a conversation.
static void become_ctl(struct p9_open *open, struct conversation *conversation)
{
    p9_node_get(conversation->ctl);
    p9_node_put(open->node);
    open->node = conversation->ctl;
    open->state = conversation;
    conversation->opens++;
}

static int64_t ctl_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                        size_t count)
{
    const struct conversation *conversation = open->state;
    char text[16];
    size_t size = (size_t)snprintf(text, sizeof(text), "%u", conversation->number);
    if (offset >= size) return 0;
    size -= offset;
    if (size > count) size = count;
    memcpy(to, text + offset, size);
    return (int64_t)size;
}

// A conversation's pending error, which is told once.
static int error_take(struct conversation *conversation)
{
    int error = conversation->error;
    conversation->error = 0;
    return -error;
}

// Runs twice when it must wait: to begin, and when the connection is made or refused.
static int command_connect(struct p9_request *request, struct p9_open *open, const char *where)
{
    struct conversation *conversation = open->state;
    if (request->progress == 0) {
        ip_addr_t address;
        uint16_t port;
        if (conversation->state == STATE_CONNECTED && conversation->protocol == &tcp_protocol)
            return -EISCONN;
        if (conversation->state == STATE_CONNECTING) return -EALREADY;
        int error = address_parse(where, &address, &port);
        if (error != 0) return error;
        if (conversation->is_six_only && !IP_IS_V6_VAL(address)) return -ENETUNREACH;
        if (!rules_allow_remote(conversation->rules, conversation->protocol, &address, port))
            return -EACCES;
        error = connect_or_wait(conversation, &address, port);
        if (error != 0) return error;
        request->progress = 1;
    }
    if (conversation->state == STATE_CONNECTED) return 0;
    if (conversation->state != STATE_CONNECTING) return error_take(conversation);
    return (open->flags & OPEN_NONBLOCK) != 0 ? -EINPROGRESS : P9_LATER;
}

static int command_set(struct conversation *conversation, const char *name, const char *value)
{
    if (name == nullptr || value == nullptr) return -EINVAL;
    char *end;
    unsigned long number = strtoul(value, &end, 10);
    if (*end != '\0' || number > UINT32_MAX) return -EINVAL;
    return conversation->protocol->set(conversation, name, (uint32_t)number);
}

static int command_announce(struct conversation *conversation, const char *backlog)
{
    const struct protocol *protocol = conversation->protocol;
    if (!rules_allow_local(conversation->rules, protocol, conversation->local_port)) return -EACCES;
    return protocol->announce(conversation, backlog == nullptr ? 1 : (uint32_t)atoi(backlog));
}

static int command_bind(struct conversation *conversation, const char *where)
{
    const struct protocol *protocol = conversation->protocol;
    ip_addr_t address;
    uint16_t port;
    int error = address_parse(where, &address, &port);
    if (error != 0) return error;
    if (conversation->is_six_only && IP_IS_ANY_TYPE_VAL(address)) address = *IP6_ADDR_ANY;
    if (conversation->is_six_only && !IP_IS_V6_VAL(address)) return -EINVAL;
    if (!rules_allow_port(conversation, port)) return -EACCES;
    return protocol->bind(conversation, &address, port);
}

static int command(struct p9_request *request, struct p9_open *open, char *text)
{
    struct conversation *conversation = open->state;
    const struct protocol *protocol = conversation->protocol;
    char *rest, *word = strtok_r(text, " \n", &rest);
    char *first = strtok_r(nullptr, " \n", &rest), *second = strtok_r(nullptr, " \n", &rest);
    if (word == nullptr) return -EINVAL;
    if (strcmp(word, "set") == 0) return command_set(conversation, first, second);
    if (strcmp(word, "shutdown") == 0) return protocol->shutdown(conversation);
    if (strcmp(word, "hangup") == 0) return protocol->hangup(conversation);
    if (strcmp(word, "headers") == 0) {
        conversation->has_headers = true;
        return 0;
    }
    if (strcmp(word, "announce") == 0) return command_announce(conversation, first);
    if (first == nullptr) return -EINVAL;
    if (strcmp(word, "connect") == 0) return command_connect(request, open, first);
    return strcmp(word, "bind") == 0 ? command_bind(conversation, first) : -EINVAL;
}

static int64_t ctl_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         const void *from, size_t count)
{
    char text[128];
    if (count >= sizeof(text) || memchr(from, '\0', count) != nullptr) return -EINVAL;
    memcpy(text, from, count);
    text[count] = '\0';
    int error = command(request, open, text);
    return error == 0 ? (int64_t)count : error;
}

static uint32_t ctl_ready(struct p9_open *open)
{
    const struct conversation *conversation = open->state;
    return conversation->protocol->ready(conversation);
}

static int64_t data_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    struct conversation *conversation = open->state;
    if (conversation->error != 0) return error_take(conversation);
    int64_t result = conversation->protocol->read(conversation, to, count);
    request->bytes = conversation->bytes;
    conversation->bytes = nullptr;
    return result;
}

static int64_t data_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    struct conversation *conversation = open->state;
    if (conversation->error != 0) return error_take(conversation);
    if (conversation->is_local_closed) return -EPIPE;
    if (conversation->state == STATE_CONNECTING) return P9_LATER;
    int64_t result = conversation->protocol->write(conversation, from, count);
    bool can_wait = (open->flags & OPEN_NONBLOCK) == 0;
    if (result != -ENETUNREACH || !can_wait || !route_is_coming(&conversation->remote))
        return result;
    early_add(conversation);
    return P9_LATER;
}

// Waits for a call, whose ctl the open file then is.
static int listen_open(struct p9_request *request, struct p9_open *open)
{
    struct conversation *conversation = p9_tree_context(open->node);
    if (conversation == nullptr || conversation->state != STATE_ANNOUNCED) return -EINVAL;
    struct conversation *call = conversation->first_call;
    if (call == nullptr) return P9_LATER;
    conversation->first_call = call->next_call;
    conversation->calls--;
    tcp_calls_changed(conversation);
    become_ctl(open, call);
    return 0;
}

static int clone_open(struct p9_request *request, struct p9_open *open)
{
    const struct door *door = p9_tree_context(open->node);
    if (door == nullptr) return -ENOENT; // the view has ended
    const struct p9_identity *who = request->identity;
    struct conversation *conversation =
        conversation_create(door->protocol, door->view, (struct owner){who->uid, who->gid});
    if (conversation == nullptr) return -ENOMEM;
    int error = door->protocol->create(conversation);
    if (error == 0)
        become_ctl(open, conversation);
    else
        conversation_destroy(conversation);
    return error;
}

static int local_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct conversation *conversation = context;
    address_print(text, &conversation->local, conversation->local_port);
    return 0;
}

static int remote_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const struct conversation *conversation = context;
    if (conversation->state != STATE_CONNECTED && !conversation->is_remote_closed) return -ENOTCONN;
    address_print(text, &conversation->remote, conversation->remote_port);
    return 0;
}

static int status_text(struct p9_request *request, void *context, struct p9_text *text)
{
    static const char *const names[] = {"idle", "connecting", "connected", "announced", "closed"};
    const struct conversation *conversation = context;
    p9_print(text, "%s sent %llu received %llu queued %zu%s\n", names[conversation->state],
             (unsigned long long)conversation->sent, (unsigned long long)conversation->received,
             conversation->queued, conversation->is_six_only ? " v6only" : "");
    options_print(conversation, text);
    return 0;
}

static int error_text(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "%d\n", -error_take(context));
    return 0;
}

static const struct p9_operations ctl_operations = {
    .open = file_open,
    .close = file_close,
    .read = ctl_read,
    .write = ctl_write,
    .ready = ctl_ready,
};
static const struct p9_operations data_operations = {
    .open = file_open,
    .close = file_close,
    .read = data_read,
    .write = data_write,
    .ready = ctl_ready,
};
static const struct p9_operations listen_operations = {.open = listen_open, .close = file_close};
static const struct p9_operations clone_operations = {.open = clone_open, .close = file_close};

static int add(struct conversation *conversation, const char *name, struct p9_tree_entry entry,
               struct p9_node **node)
{
    char path[80];
    struct p9_node *root = place(conversation, name, path, sizeof(path));
    entry.path = path;
    entry.context = conversation;
    entry.uid = conversation->owner.uid;
    entry.gid = conversation->owner.gid;
    if (entry.mode == 0) entry.mode = 0660;
    return p9_tree_add(root, &entry, node);
}

static int add_files(struct conversation *conversation)
{
    struct p9_node *unused;
    int error = add(conversation, "ctl", (struct p9_tree_entry){.operations = &ctl_operations},
                    &conversation->ctl);
    if (error == 0)
        error = add(conversation, "data", (struct p9_tree_entry){.operations = &data_operations},
                    &conversation->data);
    if (error == 0)
        error =
            add(conversation, "listen", (struct p9_tree_entry){.operations = &listen_operations},
                &conversation->listen);
    if (error == 0)
        error = add(conversation, "local", (struct p9_tree_entry){.text = local_text, .mode = 0444},
                    &unused);
    if (error == 0)
        error = add(conversation, "remote",
                    (struct p9_tree_entry){.text = remote_text, .mode = 0444}, &unused);
    if (error == 0)
        error = add(conversation, "status",
                    (struct p9_tree_entry){.text = status_text, .mode = 0444}, &unused);
    if (error == 0)
        error = add(conversation, "error", (struct p9_tree_entry){.text = error_text, .mode = 0440},
                    &unused);
    return error;
}

struct conversation *conversation_create(const struct protocol *protocol, struct view *view,
                                         struct owner owner)
{
    struct conversation *conversation = calloc(1, sizeof(*conversation));
    if (conversation == nullptr) return nullptr;
    if (!number_take(protocol->numbers, &conversation->number)) {
        free(conversation);
        return nullptr;
    }
    conversation->protocol = protocol;
    conversation->view = view;
    conversation->owner = owner;
    conversation->rules = view_rules(view);
    view_get(view);
    conversation->last_datagram = &conversation->first_datagram;
    if (add_files(conversation) == 0) return conversation;
    conversation_destroy(conversation);
    return nullptr;
}

int conversation_serve(const struct door *door)
{
    char path[64];
    const char *folder;
    struct p9_node *node, *root = view_tree(door->view, &folder);
    snprintf(path, sizeof(path), "%s%s%s/clone", folder, folder[0] == '\0' ? "" : "/",
             door->protocol->name);
    struct p9_tree_entry entry = {
        .path = path,
        .mode = 0666,
        .operations = &clone_operations,
        .context = (void *)(uintptr_t)door,
    };
    return p9_tree_add(root, &entry, &node);
}
