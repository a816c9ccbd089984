// SPDX-License-Identifier: MIT
// A session of a service without the library that resolves names: what a program can ask that makes
// its messages itself.
#pragma once

#include <abi/9p.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <string.h>

// The answer's label, an errno or 0; what comes with it is dropped.
static uint64_t ask(fe_handle session, uint32_t operation, const uint64_t word[3], const char *text)
{
    static char answer[FE_9P_DATA_MAX];
    struct fe_transfer transfer = {.send = (uintptr_t)text,
                                   .send_size = (uint32_t)strlen(text),
                                   .receive = (uintptr_t)answer,
                                   .receive_capacity = sizeof answer,
                                   .receive_handle_capacity = 1};
    struct fe_message message = {.label = operation, .transfer = &transfer};
    memcpy(message.word, word, 3 * sizeof *word);
    if (fe_channel_call(session, &message, FE_FOREVER) != OK) return EIO;
    for (uint32_t i = 0; i < transfer.received_handle_count; i++)
        fe_handle_drop(&transfer.received_handle[i]);
    return message.label;
}
