// SPDX-License-Identifier: MIT
// Random system calls: see the header.
#include <arch/user/syscall.h>
#include <ferrite/libc.h>
#include <fuzz/syscalls.h>
#include <guest/guest.h>
#include <guest/random_call.h>

uint64_t random_number(struct random_caller *caller)
{
    caller->state ^= caller->state << 13;
    caller->state ^= caller->state >> 7;
    caller->state ^= caller->state << 17;
    return caller->state;
}

static uint64_t odd_number(struct random_caller *caller)
{
    static const uint64_t odd[] = {0,          1,          2,          7,
                                   4095,       4096,       8192,       UINT32_MAX,
                                   1ull << 31, 1ull << 47, UINT64_MAX, UINT64_MAX - 4095,
                                   1ull << 63, INT64_MAX};
    uint64_t number = random_number(caller);
    return number % 3 ? odd[random_number(caller) % (sizeof odd / sizeof *odd)] : number;
}

static uint64_t address(struct random_caller *caller)
{
    uint64_t number = random_number(caller);
    switch (number % 6) {
    case 0: return odd_number(caller);
    case 1: return kernel_address + (number >> 8 & 0xfffffff);
    case 2: return (uintptr_t)caller->scratch + (number >> 8) % 64; // often not aligned
    default: return (uintptr_t)caller->scratch + ((number >> 8) % 1024 & ~7ull);
    }
}

static uint64_t handle(struct random_caller *caller)
{
    uint64_t number = random_number(caller);
    return number % 8 ? caller->own[(number >> 8) % RANDOM_HANDLES] : odd_number(caller);
}

// Fills reg[at...] for one argument; returns how many registers that took.
static uint32_t argument_make(struct random_caller *caller, uint8_t kind, uint64_t *reg)
{
    uint64_t number = random_number(caller), small = number >> 8;
    bool is_odd = number % 4 == 0;
    switch (kind) {
    case CALL_HANDLE: reg[0] = handle(caller); return 1;
    case CALL_IN:
    case CALL_OUT:
    case CALL_TEXT:
        reg[0] = address(caller);
        reg[1] = is_odd ? odd_number(caller) : small % 256;
        return 2;
    case CALL_ADDRESS:
    case CALL_STRUCT: reg[0] = address(caller); return 1;
    case CALL_TIME: reg[0] = is_odd ? 0 : fe_clock_monotonic() + small % 100'000; return 1;
    case CALL_FLAGS:
    case CALL_U32: reg[0] = is_odd ? odd_number(caller) : small % 8; return 1;
    case CALL_SIZE:
    case CALL_OFFSET: reg[0] = is_odd ? odd_number(caller) : small % 16 * FE_PAGE_SIZE; return 1;
    default: reg[0] = odd_number(caller); return 1;
    }
}

static bool is_wanted(const struct call_grammar *call)
{
    static const char *const unwanted[] = {
        "process_exit",       "process_kill",     "process_stop",  "thread_exit",
        "process_unmap",      "process_protect",  "thread_create", "thread_upcall",
        "thread_pointer_set", "thread_fault_set", "system_power",  "debug_write",
        "process_map"};
    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
        if (strncmp(call->name, unwanted[i], strlen(unwanted[i])) == 0) return false;
    return true;
}

static void call_make(struct random_caller *caller, const struct call_grammar *call)
{
    uint64_t reg[12] = {};
    uint32_t at = 0;
    if (call->object != OBJECT_NONE) reg[at++] = handle(caller);
    for (uint32_t i = 0; i < call->count && at < 10; i++) {
        if (call->argument[i] != CALL_MESSAGE) {
            at += argument_make(caller, call->argument[i], reg + at);
            continue;
        }
        for (at = 1; at < 10; at++) reg[at] = odd_number(caller);
        // Never waits for long.
        reg[10] = fe_clock_monotonic() + random_number(caller) % 100'000;
        reg[11] = random_number(caller) % 2 ? address(caller) : 0;
        if (call->number == FE_CALL_CHANNEL_REPLY_RECEIVE) return;
    }
    fe_syscall12(call->number, reg);
    if ((int32_t)reg[0] == OK && random_number(caller) % 2)
        caller->own[random_number(caller) % RANDOM_HANDLES] = (fe_handle)reg[1];
}

void random_call(struct random_caller *caller)
{
    size_t calls = sizeof call_grammar / sizeof *call_grammar;
    const struct call_grammar *call = &call_grammar[random_number(caller) % calls];
    if (is_wanted(call)) call_make(caller, call);
}

void random_caller_init(struct random_caller *caller, uint64_t seed)
{
    uint64_t id;
    fe_handle *own = caller->own;
    caller->state = seed * 2654435761u + 88172645463325252u;
    (void)!fe_event_create(&own[0]);
    (void)!fe_channel_create(&own[1]);
    (void)!fe_channel_mint(own[1], 1, &own[2], &id);
    (void)!fe_memory_create(65536, 0, &own[3]);
    (void)!fe_namespace_create(&own[4]);
    own[5] = fe_process_self();
    own[6] = fe_start_handle("thread");
    own[7] = fe_start_handle("image");
    own[8] = fe_start_handle("resource/memory");
    own[9] = fe_start_handle("resource/system");
}
