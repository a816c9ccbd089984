// SPDX-License-Identifier: MIT
// The steps of a message's way beside registers, shared by the ordinary way (message.c) and the
// fast one (fast_transfer.c), which makes them in a row. Guarded by the kernel lock.
#pragma once

#include "kernel/memory/page.h"
#include "kernel/memory/user.h"
#include "kernel/object/handle.h"
#include "kernel/object/memory.h"
#include "kernel/object/message.h"
#include "kernel/object/process.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"

static inline enum status check(struct fe_transfer *transfer)
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

// See message_prepare. What a thread sends is known from here on, nothing included; where it fails,
// nothing is.
static inline enum status prepare(struct thread *thread, uintptr_t address)
{
    struct ipc *ipc = &thread->ipc;
    if (address == 0 || (address & FE_TRANSFER_ROOM) != 0) {
        ipc->transfer.send_size = ipc->transfer.send_handle_count = 0;
    } else {
        if (address % alignof(uint64_t) != 0) return ERR_BAD_ARGUMENT;
        TRY(user_read(&ipc->transfer, address, sizeof ipc->transfer));
        TRY(check(&ipc->transfer));
    }
    ipc->transfer_at = address;
    return OK;
}

static inline uint32_t send_size(const struct thread *from)
{
    return from->ipc.transfer.send_size;
}

static inline uint32_t send_handles(const struct thread *from)
{
    return from->ipc.transfer.send_handle_count;
}

// The other thread's memory in the kernel's view. Neighbours among a buffer's pages have views of
// their own.
static inline enum status reach_buffer(struct thread *other, uintptr_t address, uint32_t access,
                                       void **at)
{
    struct page_view *view = &other->ipc.buffer_view[address / PAGE_SIZE % 2];
    return space_view_reach(&other->process->space, address, access, view, at);
}

static inline enum status reach_struct(struct thread *to, uintptr_t address, uint32_t access,
                                       void **at)
{
    return space_view_reach(&to->process->space, address, access, &to->ipc.result_view, at);
}

// Reads the receiver's struct that was not read before.
enum status message_fetch_room(struct thread *to);

// Looks at the handles that are sent, and reserves room for them.
enum status message_check_handles(struct thread *from, struct thread *to);

// Whether nothing travels, and the receiver's struct, if it has one, says so already.
static inline bool is_nothing(const struct thread *from, const struct thread *to)
{
    const struct fe_transfer *room = &to->ipc.transfer;
    if ((send_size(from) | send_handles(from)) != 0) return false;
    return message_is_plain(to) || (room->received_size | room->received_handle_count) == 0;
}

// Whether something travels that the receiver has room for; handles are checked, and reserved
// there.
static inline enum status admit(struct thread *from, struct thread *to, bool *receiver_fails)
{
    uint32_t count = send_handles(from);
    const struct fe_transfer *room = &to->ipc.transfer;
    if (to->ipc.transfer_at == 0) return ERR_TOO_LARGE;
    if (message_is_plain(to)) {
        *receiver_fails = true;
        TRY(message_fetch_room(to));
        *receiver_fails = false;
    }
    if (send_size(from) > room->receive_capacity || count > room->receive_handle_capacity) {
        return ERR_TOO_LARGE;
    }
    return count > 0 ? message_check_handles(from, to) : OK;
}

// Of the `left` bytes between the current thread's address and one in the other's page.
static inline size_t step_size(uintptr_t there, uintptr_t here, size_t left)
{
    size_t rest = PAGE_SIZE - there % PAGE_SIZE;
    return user_copy_step(here, there, rest < left ? rest : left);
}

// Whether what is sent, at most a page, has to be copied with looks for interrupts on the way.
static inline bool is_long(const struct thread *from, const struct thread *to)
{
    size_t size = from->ipc.transfer.send_size;
    return user_copy_step(from->ipc.transfer.send, to->ipc.transfer.receive, size) < size;
}

// Copies up to the end of the buffer or of the other thread's page, from the current thread or to
// it; *done is how many bytes are copied.
static inline enum status send_step(struct thread *from, struct thread *to, uint32_t *done,
                                    bool *receiver_fails)
{
    uintptr_t source = from->ipc.transfer.send + *done, target = to->ipc.transfer.receive + *done;
    size_t step = step_size(target, source, from->ipc.transfer.send_size - *done);
    uint64_t before = memory_page_count;
    void *at;
    *receiver_fails = true;
    TRY(reach_buffer(to, target, MAP_WRITE, &at));
    *receiver_fails = false;
    if (memory_page_count != before && lock_should_pass()) return CALL_RESTART;
    if (!arch_user_read(at, source, step)) return ERR_BAD_ADDRESS;
    *done += (uint32_t)step;
    return OK;
}

// deliver() where the receiver's struct goes on in another page.
enum status message_deliver_apart(struct thread *from, struct thread *to, bool *receiver_fails);

// The bytes are there: the handles follow, and the receiver's struct says what came.
static inline enum status deliver(struct thread *from, struct thread *to, bool *receiver_fails)
{
    uintptr_t at = to->ipc.transfer_at;
    if (at % PAGE_SIZE > PAGE_SIZE - sizeof(struct fe_transfer))
        return message_deliver_apart(from, to, receiver_fails);
    uint32_t count = send_handles(from);
    void *place;
    *receiver_fails = true;
    TRY(reach_struct(to, at, MAP_WRITE, &place));
    *receiver_fails = false;
    struct fe_transfer *told = place;
    told->received_size = send_size(from);
    told->received_handle_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t handle = from->ipc.transfer.send_handle[i];
        told->received_handle[i] = handle_move(from->process, handle, to->process);
    }
    return OK;
}
