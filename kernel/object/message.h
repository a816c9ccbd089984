// SPDX-License-Identifier: MIT
// The part of a message that is not in registers: one buffer and up to four handles, from the
// sender's to the receiver's struct fe_transfer, both read when their calls began. One of the two
// threads is the current one. Guarded by the kernel lock.
#pragma once

#include "kernel/object/thread.h"

// Reads and checks the struct fe_transfer that `address` names (0: none) into the current thread.
// One with FE_TRANSFER_ROOM is not read before something comes.
enum status message_prepare(struct thread *thread, uintptr_t address);

// Whether the thread sends nothing and its struct fe_transfer need not be looked at.
static inline bool message_is_plain(const struct thread *thread)
{
    uintptr_t address = thread->ipc.transfer_at;
    return address == 0 || (address & FE_TRANSFER_ROOM) != 0;
}

// Whether there is anything to do beyond registers.
static inline bool message_has_transfer(const struct thread *from, const struct thread *to)
{
    return !message_is_plain(from) || !message_is_plain(to);
}

// Copies the buffer and moves the handles. Nothing is moved unless all is. An error is the
// sender's, unless *receiver_fails. CALL_RESTART: an interrupt waits; the same transfer, made
// again, goes on where it stopped.
enum status message_transfer(struct thread *from, struct thread *to, bool *receiver_fails);
