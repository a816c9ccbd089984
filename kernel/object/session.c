// SPDX-License-Identifier: MIT
// Sessions: client ends, known to the server by their badge. The channel keeps them by number, so
// that the server can revoke one; the last handle's end is told to the server.
#include "kernel/object/channel.h"
#include "kernel/log.h"
#include "kernel/object/handle.h"
#include "kernel/object/process.h"
#include <kernel/syscalls.h>

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

// Calls that wait to be received through it are refused when their turn comes.
enum status sys_channel_revoke(struct channel *channel, uint64_t id)
{
    struct tree_node *node = tree_find(&channel->sessions, id);
    if (node == nullptr || node->key != id) return ERR_NOT_FOUND;
    CONTAINER(node, struct session, by_id)->open = nullptr;
    return OK;
}
