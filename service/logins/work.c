// SPDX-License-Identifier: MIT
// Requests that take their time: each is kept, done by a thread of its own, and answered by the
// thread that serves.
#include "logins.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/lock.h>
#include <stdlib.h>
#include <thread/thread.h>

static struct fe_lock lock;
static struct work *done; // under the lock

static int64_t run(struct work *work)
{
    const struct p9_request *request = work->request;
    struct conversation *conversation = work->conversation;
    struct sshkey_bytes data = {request->data, request->size};
    switch ((uint32_t)request->word[1]) {
    case CONTROL_LOGIN_PASSWORD: return prove_password(conversation, data);
    case CONTROL_LOGIN_KEY: return prove_key(conversation, data);
    case CONTROL_LOGIN_SIGNATURE: return prove_signature(conversation, data);
    case CONTROL_LOGIN_TERMINAL: return run_terminal(work);
    case CONTROL_LOGIN_NETWORK: return network_give(work);
    case CONTROL_LOGIN_HOST_KEY: return host_key_give(work);
    case CONTROL_LOGIN_HOST_SIGN: return host_key_sign(work, data);
    default: return run_start(work, data);
    }
}

// The thread that serves answers it.
static void hand_back(struct work *work)
{
    fe_lock_take(&lock);
    work->next = done;
    done = work;
    fe_lock_release(&lock);
    if (fe_event_signal(server.event, BIT_DONE) != OK) abort();
}

static void *work_thread(void *argument)
{
    struct work *work = argument;
    work->result = run(work);
    hand_back(work);
    return nullptr;
}

int work_begin(struct p9_request *request, struct conversation *conversation)
{
    if (conversation->is_busy) return -EBUSY;
    struct work *work = calloc(1, sizeof *work);
    if (work == nullptr) return -ENOMEM;
    work->conversation = conversation;
    work->request = p9_keep(request);
    if (work->request == nullptr) {
        free(work);
        return -ENOMEM;
    }
    conversation->is_busy = true;
    p9_node_get(&conversation->node);
    if (!thread_run(work_thread, work)) {
        work->result = -ENOMEM;
        hand_back(work);
    }
    return P9_KEPT;
}

static void finish(struct work *work)
{
    struct conversation *conversation = work->conversation;
    bool is_text = work->text_size > 0;
    const struct p9_result result = {.value = work->result,
                                     .data = is_text ? (const void *)work->text : work->fids,
                                     .size = is_text ? work->text_size
                                                     : work->fid_count * sizeof work->fids[0],
                                     .handle = fe_handle_take(&work->handle)};
    conversation->is_busy = false;
    if (work->started) { // one that has ended already is found by looking
        (void)!fe_process_watch(work->started->process, server.event, BIT_ENDED);
        work->started->next = conversation->running;
        conversation->running = work->started;
    }
    p9_finish_control(work->request, &result);
    p9_node_put(&conversation->node);
    free(work);
}

void work_finish_all(void)
{
    fe_lock_take(&lock);
    struct work *list = done;
    done = nullptr;
    fe_lock_release(&lock);
    while (list) {
        struct work *next = list->next;
        finish(list);
        list = next;
    }
}
