// SPDX-License-Identifier: MIT
// Buffers and handles of messages. Bytes are copied once, a page at a time: the current thread's
// side as user memory, the other side through the kernel's view of its page. Handles are checked
// and room for them is reserved before the first byte moves, and nothing can fail after the last
// one has.
#include "kernel/object/message_step.h"
#include "kernel/object/reap.h"
#include "kernel/object/slot.h"
#include "kernel/string.h"

// How often a thread lets the same one go on before itself: as often as the longest message stops,
// and some more, since turns of the lock come in order.
enum : uint32_t { GIVE_WAY_MOST = 2 * FE_BUFFER_MAX / PAGE_SIZE };

static_assert(sizeof(struct fe_transfer) <= FE_TRANSFER_ROOM_ALIGN);

enum status message_prepare(struct thread *thread, uintptr_t address)
{
    thread->ipc.transfer_at = 0;
    return prepare(thread, address);
}

enum status message_fetch_room(struct thread *to)
{
    struct fe_transfer *transfer = &to->ipc.transfer;
    uintptr_t address = to->ipc.transfer_at - FE_TRANSFER_ROOM;
    if (address % FE_TRANSFER_ROOM_ALIGN != 0) return ERR_BAD_ARGUMENT;
    if (to == thread_current()) {
        TRY(user_read(transfer, address, sizeof *transfer));
    } else {
        void *at;
        TRY(reach_struct(to, address, MAP_READ, &at));
        memcpy(transfer, at, sizeof *transfer);
        to->ipc.copied_with = 0; // a wait that is not counted, perhaps, and with another room
    }
    TRY(check(transfer));
    to->ipc.transfer_at = address;
    return OK;
}

enum status message_check_handles(struct thread *from, struct thread *to)
{
    uint32_t count = send_handles(from);
    const fe_handle *handle = from->ipc.transfer.send_handle;
    for (uint32_t i = 0; i < count; i++) {
        struct handle_entry entry;
        TRY(handle_look_up(from->process, handle[i], RIGHT_TRANSFER, &entry));
        if (!process_may_hold(to->process, entry.object)) return ERR_NOT_ENTITLED;
        for (uint32_t j = 0; j < i; j++) {
            if (handle[j] == handle[i]) return ERR_BAD_ARGUMENT;
        }
    }
    return handle_reserve(to->process, count);
}

static inline enum status receive_step(struct thread *from, struct thread *to, uint32_t *done,
                                       bool *receiver_fails)
{
    uintptr_t source = from->ipc.transfer.send + *done, target = to->ipc.transfer.receive + *done;
    size_t step = step_size(source, target, from->ipc.transfer.send_size - *done);
    void *at;
    *receiver_fails = false;
    TRY(reach_buffer(from, source, MAP_READ, &at));
    *receiver_fails = true;
    if (!arch_user_write(target, at, step)) return ERR_BAD_ADDRESS;
    *done += (uint32_t)step;
    return OK;
}

[[gnu::always_inline]] static inline enum status copy_step(struct thread *from, struct thread *to,
                                                           uint32_t *done, bool *receiver_fails)
{
    return from == thread_current() ? send_step(from, to, done, receiver_fails)
                                    : receive_step(from, to, done, receiver_fails);
}

// The same for a long one: as much as lies together on the other side, for which it is looked at
// once.
[[gnu::always_inline]] static inline enum status long_step(struct thread *from, struct thread *to,
                                                           uint32_t *done, struct page_run *run,
                                                           bool *receiver_fails)
{
    bool is_sent = from == thread_current();
    uintptr_t source = from->ipc.transfer.send + *done, target = to->ipc.transfer.receive + *done;
    uintptr_t there = is_sent ? target : source, here = is_sent ? source : target;
    size_t left = from->ipc.transfer.send_size - *done, most = ARCH_COPY_MOST;
    struct page_part part;
    *receiver_fails = is_sent;
    TRY(space_run_reach(is_sent ? &to->process->space : &from->process->space, there,
                        is_sent ? MAP_WRITE : MAP_READ, run, &part));
    *receiver_fails = !is_sent;
    most -= there % ARCH_COPY_MOST;
    if (most > part.size) most = part.size;
    size_t step = user_copy_step(here, there, most < left ? most : left);
    bool is_good =
        is_sent ? arch_user_read(part.at, here, step) : arch_user_write(here, part.at, step);
    if (!is_good) return ERR_BAD_ADDRESS;
    *done += (uint32_t)step;
    return OK;
}

// What a step that failed comes to.
[[gnu::noinline]] static enum status failure(enum status status)
{
    uint64_t limit = 0;
    if (status == CALL_RESTART || user_copy_stopped() || reap_make_room(&limit))
        return CALL_RESTART;
    return status;
}

// At most a page: when it stops it begins again, with the pages there that it has brought in.
static enum status copy_short(struct thread *from, struct thread *to, bool *receiver_fails)
{
    uint32_t size = from->ipc.transfer.send_size;
    for (uint32_t done = 0; done < size;) {
        enum status status = copy_step(from, to, &done, receiver_fails);
        if (status == OK) continue;
        to->ipc.copied_with = 0; // a long one that had stopped is no longer whole
        return failure(status);
    }
    return OK;
}

static inline uint64_t wait_name(const struct thread *thread)
{
    return (uint64_t)thread->slot << 32 | thread->waits;
}

// Whether somebody as urgent, who runs on another CPU, is at it with `other`: each of the two would
// spoil what the other one has done, over and over. So he is let finish; but not for ever, for who
// began such a copy need not go on with it.
static bool gives_way(struct thread *current, const struct thread *other)
{
    uint64_t name = other->ipc.copied_with;
    const struct thread *copier = name == 0 ? nullptr : thread_by_slot((uint32_t)(name >> 32));
    bool is_busy = copier != nullptr && copier != current && copier->state == THREAD_RUNNING &&
                   copier->urgency <= current->urgency && wait_name(copier) == name &&
                   copier->ipc.copied_with == wait_name(other);
    if (is_busy && current->ipc.gave_way++ < GIVE_WAY_MOST) return true;
    current->ipc.gave_way = 0;
    return false;
}

// Progress is kept in the current thread, under the name of the other one's present wait; and the
// other one knows who copied last, because whoever else copies spoils what is there already.
[[gnu::noinline]] static enum status copy_long(struct thread *from, struct thread *to,
                                               bool *receiver_fails)
{
    struct thread *current = thread_current(), *other = from == current ? to : from;
    uint64_t name = wait_name(other), own_name = wait_name(current);
    struct ipc *ipc = &current->ipc;
    if (gives_way(current, other)) return CALL_RESTART;
    if (ipc->copied_with != name || other->ipc.copied_with != own_name) ipc->copied = 0;
    ipc->copied_with = name;
    other->ipc.copied_with = own_name;
    uint32_t size = from->ipc.transfer.send_size;
    struct page_run run = {};
    while (ipc->copied < size) {
        enum status status = long_step(from, to, &ipc->copied, &run, receiver_fails);
        if (status != OK) status = failure(status);
        if (status != OK && status != CALL_RESTART) ipc->copied_with = 0;
        if (status != OK) return status;
        if (ipc->copied < size && lock_should_pass()) return CALL_RESTART;
    }
    ipc->copied_with = 0;
    return OK;
}

static enum status copy(struct thread *from, struct thread *to, bool *receiver_fails)
{
    bool at_once = from->ipc.transfer.send_size <= PAGE_SIZE && !is_long(from, to);
    return at_once ? copy_short(from, to, receiver_fails) : copy_long(from, to, receiver_fails);
}

enum status message_deliver_apart(struct thread *from, struct thread *to, bool *receiver_fails)
{
    const uintptr_t at = to->ipc.transfer_at;
    uint32_t count = send_handles(from);
    void *size, *told, *handle[FE_MESSAGE_HANDLES];
    *receiver_fails = true;
    TRY(reach_struct(to, at + offsetof(struct fe_transfer, received_size), MAP_WRITE, &size));
    TRY(reach_struct(to, at + offsetof(struct fe_transfer, received_handle_count), MAP_WRITE,
                     &told));
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t place = at + offsetof(struct fe_transfer, received_handle[i]);
        TRY(reach_struct(to, place, MAP_WRITE, &handle[i]));
    }
    *receiver_fails = false;
    *(uint32_t *)size = send_size(from);
    *(uint8_t *)told = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t sent = from->ipc.transfer.send_handle[i];
        *(fe_handle *)handle[i] = handle_move(from->process, sent, to->process);
    }
    return OK;
}

enum status message_transfer(struct thread *from, struct thread *to, bool *receiver_fails)
{
    *receiver_fails = false;
    if (is_nothing(from, to)) return OK;
    TRY(admit(from, to, receiver_fails));
    if (send_size(from) > 0) TRY(copy(from, to, receiver_fails));
    return deliver(from, to, receiver_fails);
}
