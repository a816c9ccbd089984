// SPDX-License-Identifier: MIT
// Two processes that a channel connects, for the unit tests of the fast path's two files.
#pragma once

#include "kernel/none/play.h"
#include "kernel/object/channel.h"
#include "kernel/object/handle.h"
#include <arch/arch.h>

static struct process *client_process, *server_process;
static struct thread *client, *server;
static struct channel *channel;
static struct session *session;
static uint32_t session_handle, channel_handle;

// The machine anew, each process with so many pages; nothing was called yet. False: it failed.
static bool connect(uint32_t pages)
{
    none_reset();
    client_process = play_process(pages);
    server_process = play_process(pages);
    client = play_thread(client_process, 20);
    server = play_thread(server_process, 10);
    if (channel_create(server_process, &channel) != OK) return false;
    if (session_create(channel, server_process, 77, &session) != OK) return false;
    if (handle_reserve(client_process, 1) != OK || handle_reserve(server_process, 1) != OK)
        return false;
    session_handle = handle_insert(client_process, &session->object, RIGHT_ALL);
    channel_handle = handle_insert(server_process, &channel->object, RIGHT_ALL);
    return true;
}
