// SPDX-License-Identifier: MIT
// What a unit's service leaves to the next: its channel, so that connectors and calls that wait go
// on, and, of one whose state is kept, the handles that it put here. A third thread answers these
// requests, because they must not wait for anything, not even for init itself. The first thread
// starts and forgets keeps: a lock guards them.
#include "init.h"

#include <abi/errno.h>
#include <abi/keep.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/thread.h>

// A keep is named by a number in the badge of the service's session.
enum : size_t { STACK_SIZE = 8 * 1024 };

struct slot {
    fe_handle handle; // FE_NO_HANDLE: free
    bool is_wanted;   // was put or taken since the service was started
};

struct keep {
    struct keep *next;
    uint64_t badge;
    fe_handle channel;
    struct slot *slots; // by number less one
    uint32_t count;
};

static struct fe_lock lock;
static struct keep *keeps;
static fe_handle requests; // the channel for them; FE_NO_HANDLE: nobody asked yet

static struct slot *slot_free(struct keep *keep)
{
    for (uint32_t i = 0; i < keep->count; i++) {
        if (keep->slots[i].handle == FE_NO_HANDLE) return &keep->slots[i];
    }
    uint32_t count = keep->count ? keep->count * 2 : 8;
    struct slot *slots = realloc(keep->slots, count * sizeof *slots);
    if (slots == nullptr) return nullptr;
    memset(slots + keep->count, 0, (count - keep->count) * sizeof *slots);
    struct slot *slot = &slots[keep->count];
    keep->slots = slots;
    keep->count = count;
    return slot;
}

static struct slot *slot_find(struct keep *keep, uint64_t number)
{
    if (number == 0 || number > keep->count) return nullptr;
    struct slot *slot = &keep->slots[number - 1];
    return slot->handle == FE_NO_HANDLE ? nullptr : slot;
}

static int put(struct keep *keep, struct fe_message *message)
{
    struct fe_transfer *transfer = message->transfer;
    struct slot *slot = slot_free(keep);
    if (transfer->received_handle_count != 1) return EINVAL;
    if (slot == nullptr) return ENOMEM;
    *slot = (struct slot){transfer->received_handle[0], true};
    transfer->received_handle_count = 0;
    message->word[0] = (uint64_t)(slot - keep->slots) + 1;
    return 0;
}

static int take(struct keep *keep, struct fe_message *message)
{
    struct slot *slot = slot_find(keep, message->word[0]);
    if (slot == nullptr) return ENOENT;
    if (fe_handle_copy(slot->handle, &message->transfer->send_handle[0]) != OK) return ENOMEM;
    message->transfer->send_handle_count = 1;
    slot->is_wanted = true;
    return 0;
}

static int finish(struct keep *keep)
{
    for (uint32_t i = 0; i < keep->count; i++) {
        if (!keep->slots[i].is_wanted) fe_handle_drop(&keep->slots[i].handle);
    }
    return 0;
}

static int serve(struct fe_message *message)
{
    struct keep *keep = keeps;
    while (keep && keep->badge != message->badge) keep = keep->next;
    struct slot *slot = keep ? slot_find(keep, message->word[0]) : nullptr;
    if (keep == nullptr) return ESTALE;
    switch (message->label) {
    case KEEP_PUT: return put(keep, message);
    case KEEP_TAKE: return take(keep, message);
    case KEEP_FINISH: return finish(keep);
    case KEEP_DROP:
        if (slot == nullptr) return ENOENT;
        fe_handle_drop(&slot->handle);
        return 0;
    default: return ENOSYS;
    }
}

// Whether there is an answer to be sent.
static bool handle(struct fe_message *message)
{
    struct fe_transfer *transfer = message->transfer;
    transfer->send_handle_count = 0;
    if (message->label >= FE_NOTICE) return false;
    fe_lock_take(&lock);
    message->label = (uint64_t)serve(message);
    fe_lock_release(&lock);
    if (transfer->received_handle_count != 0) fe_handle_drop(&transfer->received_handle[0]);
    return true;
}

static void thread_run(void *argument)
{
    struct fe_transfer transfer = {.receive_handle_capacity = 1};
    struct fe_message message = {.transfer = &transfer};
    for (bool has_answer = false;;) {
        enum status status = has_answer ? fe_channel_reply_receive(requests, &message)
                                        : fe_channel_receive(requests, &message, FE_FOREVER);
        if (status != OK && transfer.send_handle_count != 0) // the asker is gone
            fe_handle_drop(&transfer.send_handle[0]);
        transfer.send_handle_count = 0;
        has_answer = status == OK && handle(&message);
    }
}

static enum status begin(void)
{
    fe_handle thread;
    if (requests != FE_NO_HANDLE) return OK;
    TRY(fe_channel_create(&requests));
    return fe_thread_spawn(thread_run, nullptr, STACK_SIZE, 0, &thread);
}

static enum status keep_create(struct keep **result)
{
    static uint64_t last_badge;
    TRY(begin());
    struct keep *keep = calloc(1, sizeof *keep);
    if (keep == nullptr) return ERR_NO_MEMORY;
    enum status status = fe_channel_create(&keep->channel);
    if (status != OK) {
        free(keep);
        return status;
    }
    keep->badge = ++last_badge;
    fe_lock_take(&lock);
    keep->next = keeps;
    keeps = keep;
    fe_lock_release(&lock);
    *result = keep;
    return OK;
}

size_t keep_handles(struct unit *unit, struct fe_spawn_handle handles[KEEP_HANDLES])
{
    fe_handle channel, keeper;
    uint64_t id;
    if (unit->keep == nullptr && keep_create(&unit->keep) != OK) return 0;
    struct keep *keep = unit->keep;
    if (fe_handle_copy(keep->channel, &channel) != OK) return 0;
    handles[0] = (struct fe_spawn_handle){.name = "channel", .handle = channel};
    if (!unit->is_kept) return 1;
    if (fe_channel_mint(requests, keep->badge, &keeper, &id) != OK) {
        fe_handle_drop(&channel);
        return 0;
    }
    fe_lock_take(&lock);
    for (uint32_t i = 0; i < keep->count; i++) keep->slots[i].is_wanted = false;
    fe_lock_release(&lock);
    handles[1] = (struct fe_spawn_handle){.name = "keeper", .handle = keeper};
    return 2;
}

uint64_t keep_number(const struct unit *unit)
{
    return unit == nullptr || unit->keep == nullptr ? 0 : unit->keep->badge;
}

void keep_forget(struct unit *unit)
{
    struct keep *keep = unit->keep;
    if (keep == nullptr) return;
    unit->keep = nullptr;
    fe_lock_take(&lock);
    struct keep **at = &keeps;
    while (*at != keep) at = &(*at)->next;
    *at = keep->next;
    fe_lock_release(&lock);
    for (uint32_t i = 0; i < keep->count; i++) fe_handle_drop(&keep->slots[i].handle);
    fe_handle_drop(&keep->channel);
    free(keep->slots);
    free(keep);
}
