// SPDX-License-Identifier: MIT
// Sessions: client ends, known to the server by their badge. The channel keeps them by number, so
// that the server can revoke one; the last handle's end is told to the server.
#include "kernel/object/channel.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/user.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include "kernel/object/quota.h"
#include <kernel/syscalls.h>

static struct slab note_slab;

void session_init_all(void)
{
    slab_init(&note_slab, "note", sizeof(struct note));
}

static void note_free(struct session *session)
{
    struct note *note = session->note;
    if (note == nullptr) return;
    session->note = nullptr;
    tree_take(&session->channel->notes, &note->by_id);
    text_clear(session->object.owner, &note->text);
    charged_free(session->object.owner, &note_slab, sizeof *note, note);
}

static void session_handles_gone(struct object *object)
{
    struct session *session = (struct session *)object;
    struct channel *channel = session->channel;
    if (channel->closed || session->open == nullptr) return;
    ASSERT(!list_is_linked(&session->ended)); // its handles go once
    object_get(object);
    list_append(&channel->ended, &session->ended);
    channel_notify(channel);
}

static void session_destroy(struct object *object)
{
    struct session *session = (struct session *)object;
    struct channel *channel = session->channel;
    ASSERT(!list_is_linked(&session->ended)); // what is told to the server holds a reference
    note_free(session);
    tree_take(&channel->sessions, &session->by_id);
    object_free(object);
    object_put(&channel->object);
}

const struct object_operations session_operations = {
    .name = "session",
    .size = sizeof(struct session),
    .handles_gone = session_handles_gone,
    .destroy = session_destroy,
};

enum status session_create(struct channel *channel, struct process *owner, uint64_t badge,
                           struct session **result)
{
    TRY(object_create(OBJECT_SESSION, owner, result));
    struct session *session = *result;
    object_get(&channel->object);
    session->channel = session->open = channel;
    session->badge = badge;
    list_node_init(&session->ended);
    tree_add(&channel->sessions, &session->by_id, session->object.id);
    return OK;
}

enum status sys_channel_mint(struct channel *channel, uint64_t badge, fe_handle *handle,
                             uint64_t *id)
{
    struct process *process = process_current();
    TRY(handle_reserve(process, 1));
    struct session *session;
    TRY(session_create(channel, process, badge, &session));
    *handle = handle_insert(process, &session->object, RIGHT_ALL);
    *id = session->object.id;
    object_put(&session->object);
    return OK;
}

static struct session *session_find(const struct channel *channel, uint64_t id)
{
    struct tree_node *node = tree_find(&channel->sessions, id);
    return node == nullptr || node->key != id ? nullptr : CONTAINER(node, struct session, by_id);
}

// Calls that wait to be received through it are refused when their turn comes.
enum status sys_channel_revoke(struct channel *channel, uint64_t id)
{
    struct session *session = session_find(channel, id);
    if (session == nullptr) return ERR_NOT_FOUND;
    session->open = nullptr;
    return OK;
}

// Charged to the session's owner, as the session is.
static enum status note_make(struct session *session, const char *from, size_t size)
{
    struct process *owner = session->object.owner;
    struct note *note;
    TRY(charged_take(owner, &note_slab, sizeof *note, &note));
    enum status status = text_set(owner, &note->text, from, size);
    if (status != OK) {
        charged_free(owner, &note_slab, sizeof *note, note);
        return status;
    }
    note->session = session;
    session->note = note;
    note->by_id.height = 0; // in no tree
    tree_add(&session->channel->notes, &note->by_id, session->object.id);
    return OK;
}

enum status sys_channel_note(struct channel *channel, uint64_t id, struct user_buffer text)
{
    char copy[TEXT_MAX];
    struct session *session = session_find(channel, id);
    if (session == nullptr) return ERR_NOT_FOUND;
    if (session->note != nullptr) return ERR_EXISTS;
    if (text.size > sizeof copy) return ERR_TOO_LARGE;
    TRY(user_read(copy, text.address, text.size));
    return note_make(session, copy, text.size);
}

enum status sys_channel_next_note(struct channel *channel, uint64_t after, struct user_buffer text,
                                  uint64_t *id, uint64_t *badge, size_t *length)
{
    struct tree_node *node = after == UINT64_MAX ? nullptr : tree_find(&channel->notes, after + 1);
    if (node == nullptr) return ERR_NOT_FOUND;
    const struct note *note = CONTAINER(node, struct note, by_id);
    if (text.size < note->text.size) return ERR_TOO_LARGE;
    TRY(user_write(text.address, note->text.at, note->text.size));
    *id = node->key;
    *badge = note->session->badge;
    *length = note->text.size;
    return OK;
}
