// SPDX-License-Identifier: MIT
// The system calls of messages, for the stubs that tool/abi makes: registers as in abi/message.h.
// `tenth` is the deadline or the token. They take every register there is, so the frame pointer and
// the message's address go on the stack: arch.mk sees to it that nothing else is below it.
#pragma once

#include <abi/message.h>
#include <abi/status.h>
#include <arch/user/syscall.h>

// The message's address is r13, which is where a caller has it (FE_MESSAGE_CALL), and then rcx.
#define MESSAGE_SEND                                                                               \
    "push %%rbp\n\t"                                                                               \
    "push %%r13\n\t"                                                                               \
    "mov 0(%%r13), %%rdi\n\t"                                                                      \
    "mov 8(%%r13), %%rsi\n\t"                                                                      \
    "mov 16(%%r13), %%r10\n\t"                                                                     \
    "mov 24(%%r13), %%r12\n\t"                                                                     \
    "mov 40(%%r13), %%r14\n\t"                                                                     \
    "mov 48(%%r13), %%r15\n\t"                                                                     \
    "mov 56(%%r13), %%rbx\n\t"                                                                     \
    "mov 64(%%r13), %%rbp\n\t"                                                                     \
    "mov 88(%%r13), %%r9\n\t"                                                                      \
    "mov 32(%%r13), %%r13\n\t"                                                                     \
    "syscall\n\t"                                                                                  \
    "pop %%rcx\n\t"

// If the status is OK.
#define MESSAGE_STORE                                                                              \
    "test %%edx, %%edx\n\t"                                                                        \
    "jnz 1f\n\t"                                                                                   \
    "mov %%rdi, 0(%%rcx)\n\t"                                                                      \
    "mov %%rsi, 8(%%rcx)\n\t"                                                                      \
    "mov %%r10, 16(%%rcx)\n\t"                                                                     \
    "mov %%r12, 24(%%rcx)\n\t"                                                                     \
    "mov %%r13, 32(%%rcx)\n\t"                                                                     \
    "mov %%r14, 40(%%rcx)\n\t"                                                                     \
    "mov %%r15, 48(%%rcx)\n\t"                                                                     \
    "mov %%rbx, 56(%%rcx)\n\t"                                                                     \
    "mov %%rbp, 64(%%rcx)\n\t"
#define MESSAGE_STORE_ORIGIN                                                                       \
    "mov %%r8, 72(%%rcx)\n\t"                                                                      \
    "mov %%r9, 80(%%rcx)\n\t"
static_assert(offsetof(struct fe_message, badge) == 72 && offsetof(struct fe_message, token) == 80);

#define MESSAGE_SYSCALL(steps)                                                                     \
    do {                                                                                           \
        register uint64_t r8 __asm__("r8") = tenth;                                                \
        register const struct fe_message *r13 __asm__("r13") = message;                            \
        __asm__ volatile(steps "1: pop %%rbp"                                                      \
                         : "+d"(status), "+a"(number), "+r"(r8), "+r"(r13)                         \
                         :                                                                         \
                         : "rbx", "rcx", "rdi", "rsi", "r9", "r10", "r11", "r12", "r14", "r15",    \
                           "cc", "memory");                                                        \
    } while (0)

static inline enum status fe_message_send(fe_handle handle, const struct fe_message *message,
                                          uint64_t tenth, uint64_t number)
{
    uint64_t status = handle;
    MESSAGE_SYSCALL(MESSAGE_SEND);
    return (enum status)(int32_t)status;
}

// The same, and label and words come back.
static inline enum status fe_message_call(fe_handle handle, struct fe_message *message,
                                          uint64_t tenth, uint64_t number)
{
    uint64_t status = handle;
    MESSAGE_SYSCALL(MESSAGE_SEND MESSAGE_STORE);
    return (enum status)(int32_t)status;
}

// The same, and badge and token come along.
static inline enum status fe_message_receive(fe_handle handle, struct fe_message *message,
                                             uint64_t tenth, uint64_t number)
{
    uint64_t status = handle;
    MESSAGE_SYSCALL(MESSAGE_SEND MESSAGE_STORE MESSAGE_STORE_ORIGIN);
    return (enum status)(int32_t)status;
}
