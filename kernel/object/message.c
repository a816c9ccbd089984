// SPDX-License-Identifier: MIT
// Buffers and handles of messages. Bytes are copied once, a page at a time: the current thread's
// side as user memory, the other side through the kernel's view of its page. Handles are checked
// and room for them is reserved before the first byte moves, and nothing can fail after the last
// one has.
#include "kernel/object/message.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/memory/user.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/resource.h"
#include "kernel/schedule/lock.h"
#include "kernel/string.h"
#include "kernel/syscall.h"

// What receiving writes back: the eight bytes from received_size on, then the handles.
struct received {
    uint32_t size;
    uint8_t send_handle_count, receive_handle_capacity, received_handle_count, zero;
};
static_assert(offsetof(struct fe_transfer, received_size) == 2 * sizeof(uintptr_t) + 8);
static_assert(offsetof(struct fe_transfer, send_handle_count) ==
              offsetof(struct fe_transfer, received_size) + 4);

static_assert(sizeof(struct fe_transfer) <= FE_TRANSFER_ROOM_ALIGN);

static enum status check(struct fe_transfer *transfer)
{
    if (transfer->send_size > FE_BUFFER_MAX || transfer->send_handle_count > FE_MESSAGE_HANDLES ||
        transfer->receive_handle_capacity > FE_MESSAGE_HANDLES) {
        return ERR_BAD_ARGUMENT;
    }
    if (transfer->receive_capacity > FE_BUFFER_MAX) transfer->receive_capacity = FE_BUFFER_MAX;
    if (!user_range_is_valid(transfer->send, transfer->send_size) ||
        !user_range_is_valid(transfer->receive, transfer->receive_capacity)) {
        return ERR_BAD_ADDRESS;
    }
    return OK;
}

enum status message_prepare(struct thread *thread, uintptr_t address)
{
    struct ipc *ipc = &thread->ipc;
    ipc->transfer_at = 0;
    if (address == 0) return OK;
    if ((address & FE_TRANSFER_ROOM) != 0) {
        ipc->transfer.send_size = ipc->transfer.send_handle_count = 0;
    } else {
        if (address % alignof(uint64_t) != 0) return ERR_BAD_ARGUMENT;
        TRY(user_read(&ipc->transfer, address, sizeof ipc->transfer));
        TRY(check(&ipc->transfer));
    }
    ipc->transfer_at = address;
    return OK;
}

// The receiver's struct that was not read before.
static enum status fetch_room(struct thread *to)
{
    struct fe_transfer *transfer = &to->ipc.transfer;
    uintptr_t address = to->ipc.transfer_at - FE_TRANSFER_ROOM;
    if (address % FE_TRANSFER_ROOM_ALIGN != 0) return ERR_BAD_ARGUMENT;
    if (to == thread_current()) {
        TRY(user_read(transfer, address, sizeof *transfer));
    } else {
        void *at;
        TRY(space_reach(&to->process->space, address, MAP_READ, &at));
        memcpy(transfer, at, sizeof *transfer);
    }
    TRY(check(transfer));
    to->ipc.transfer_at = address;
    return OK;
}

static uint32_t send_size(const struct thread *from)
{
    return from->ipc.transfer_at == 0 ? 0 : from->ipc.transfer.send_size;
}

static uint32_t send_handles(const struct thread *from)
{
    return from->ipc.transfer_at == 0 ? 0 : from->ipc.transfer.send_handle_count;
}

static enum status check_handles(struct thread *from, struct thread *to)
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

static size_t step_size(uintptr_t at, size_t left)
{
    size_t rest = PAGE_SIZE - at % PAGE_SIZE;
    return rest < left ? rest : left;
}

// Copies up to the end of the buffer or of the other thread's page: how many bytes are copied then.
static enum status copy_step(struct thread *from, struct thread *to, uint32_t *done,
                             bool *receiver_fails)
{
    uintptr_t source = from->ipc.transfer.send + *done, target = to->ipc.transfer.receive + *done;
    size_t left = from->ipc.transfer.send_size - *done, step;
    void *at;
    *receiver_fails = false;
    if (from == thread_current()) {
        uint64_t before = memory_page_count;
        *receiver_fails = true;
        TRY(space_reach(&to->process->space, target, MAP_WRITE, &at));
        *receiver_fails = false;
        if (memory_page_count != before && lock_should_pass()) return CALL_RESTART;
        step = step_size(target, left);
        if (!arch_user_read(at, source, step)) return ERR_BAD_ADDRESS;
    } else {
        TRY(space_reach(&from->process->space, source, MAP_READ, &at));
        *receiver_fails = true;
        step = step_size(source, left);
        if (!arch_user_write(target, at, step)) return ERR_BAD_ADDRESS;
    }
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
        if (status != OK) return failure(status);
    }
    return OK;
}

// Progress is kept in the current thread, under the name of the other one's present wait.
[[gnu::noinline]] static enum status copy_long(struct thread *from, struct thread *to,
                                               bool *receiver_fails)
{
    struct thread *current = thread_current(), *other = from == current ? to : from;
    uint64_t name = (uint64_t)other->slot << 32 | other->waits;
    struct ipc *ipc = &current->ipc;
    if (ipc->copied_with != name) ipc->copied = 0;
    ipc->copied_with = name;
    uint32_t size = from->ipc.transfer.send_size;
    while (ipc->copied < size) {
        enum status status = copy_step(from, to, &ipc->copied, receiver_fails);
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
    return from->ipc.transfer.send_size <= PAGE_SIZE ? copy_short(from, to, receiver_fails)
                                                     : copy_long(from, to, receiver_fails);
}

// The places of the receiver's results in the kernel's view; none of them crosses a page.
struct results {
    struct received *received;
    fe_handle *handle[FE_MESSAGE_HANDLES];
};

static enum status reach_results(struct thread *to, uint32_t count, struct results *results)
{
    struct space *space = &to->process->space;
    uintptr_t first = to->ipc.transfer_at + offsetof(struct fe_transfer, received_size);
    uintptr_t handle = to->ipc.transfer_at + offsetof(struct fe_transfer, received_handle);
    void *at;
    TRY(space_reach(space, first, MAP_WRITE, &at));
    results->received = at;
    for (uint32_t i = 0; i < count; i++, handle += sizeof(fe_handle)) {
        void *place = (uint8_t *)at + (handle - first);
        if ((handle ^ first) >= PAGE_SIZE) TRY(space_reach(space, handle, MAP_WRITE, &place));
        results->handle[i] = place;
    }
    return OK;
}

// Whether the receiver's struct said before what it is to say now.
static bool is_told(const struct fe_transfer *room, uint32_t size, uint32_t count)
{
    return room->received_size == size && (count | room->received_handle_count) == 0;
}

enum status message_transfer(struct thread *from, struct thread *to, bool *receiver_fails)
{
    uint32_t size = send_size(from), count = send_handles(from);
    const struct fe_transfer *room = &to->ipc.transfer;
    *receiver_fails = false;
    if (size + count == 0 && message_is_plain(to)) return OK;
    if (to->ipc.transfer_at == 0) return ERR_TOO_LARGE;
    if (message_is_plain(to)) {
        *receiver_fails = true;
        TRY(fetch_room(to));
        *receiver_fails = false;
    }
    if (size > room->receive_capacity || count > room->receive_handle_capacity) {
        return ERR_TOO_LARGE;
    }
    if (count > 0) TRY(check_handles(from, to));
    if (size > 0) TRY(copy(from, to, receiver_fails));

    if (is_told(room, size, count)) return OK;
    struct results results;
    *receiver_fails = true;
    TRY(reach_results(to, count, &results));
    *receiver_fails = false;
    *results.received = (struct received){size, room->send_handle_count,
                                          room->receive_handle_capacity, (uint8_t)count, 0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t handle = from->ipc.transfer.send_handle[i];
        *results.handle[i] = handle_move(from->process, handle, to->process);
    }
    return OK;
}
