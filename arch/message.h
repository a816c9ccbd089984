// SPDX-License-Identifier: MIT
// The system calls of messages, for the stubs that tool/abi makes: registers as in abi/message.h.
// `tenth` is the deadline or the token. For every port that can name its registers in C; its own
// arch/<isa>/user/message.h says so.
#pragma once

#include <abi/message.h>
#include <abi/status.h>
#include <arch/user/syscall.h>

static inline void fe_message_load(uint64_t reg[static 12], const struct fe_message *message)
{
    reg[1] = message->label;
    for (uint32_t i = 0; i < FE_MESSAGE_WORDS; i++) reg[2 + i] = message->word[i];
    reg[11] = (uintptr_t)message->transfer;
}

static inline enum status fe_message_send(fe_handle handle, const struct fe_message *message,
                                          uint64_t tenth, uint64_t number)
{
    uint64_t reg[12] = {[0] = handle, [10] = tenth};
    fe_message_load(reg, message);
    fe_syscall12(number, reg);
    return (enum status)(int32_t)reg[0];
}

// The same, and label and words come back; whatever else does is in `reg`.
static inline enum status fe_message_exchange(uint64_t reg[static 12], struct fe_message *message,
                                              uint64_t number)
{
    fe_message_load(reg, message);
    fe_syscall12(number, reg);
    if ((int32_t)reg[0] != OK) return (enum status)(int32_t)reg[0];
    message->label = reg[1];
    for (uint32_t i = 0; i < FE_MESSAGE_WORDS; i++) message->word[i] = reg[2 + i];
    return OK;
}

static inline enum status fe_message_call(fe_handle handle, struct fe_message *message,
                                          uint64_t tenth, uint64_t number)
{
    uint64_t reg[12] = {[0] = handle, [10] = tenth};
    return fe_message_exchange(reg, message, number);
}

// The same as a call, and badge and token come along.
static inline enum status fe_message_receive(fe_handle handle, struct fe_message *message,
                                             uint64_t tenth, uint64_t number)
{
    uint64_t reg[12] = {[0] = handle, [10] = tenth};
    enum status status = fe_message_exchange(reg, message, number);
    if (status != OK) return status;
    message->badge = reg[10];
    message->token = reg[11];
    return OK;
}
