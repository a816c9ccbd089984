// SPDX-License-Identifier: MIT
// The system calls of messages, for the stubs that tool/abi makes: in message.S, because they take
// every register there is. `tenth` is the deadline or the token; `number` the call's.
// fe_message_call brings label and words back, fe_message_receive badge and token as well.
#pragma once

#include <abi/message.h>
#include <abi/status.h>

enum status fe_message_send(fe_handle handle, const struct fe_message *message, uint64_t tenth,
                            uint64_t number);
enum status fe_message_call(fe_handle handle, struct fe_message *message, uint64_t tenth,
                            uint64_t number);
enum status fe_message_receive(fe_handle handle, struct fe_message *message, uint64_t tenth,
                               uint64_t number);
