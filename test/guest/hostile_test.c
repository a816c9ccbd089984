// SPDX-License-Identifier: MIT
// A program that means harm: processes that make every system call with random arguments, many
// times, chosen by the grammar in syscalls.def so that they get past the first check often. The
// kernel must not fall, and everything they had must come back.
#include <arch/user/syscall.h>
#include <ferrite/libc.h>
#include <fuzz/syscalls.h>
#include <guest/guest.h>

enum : uint32_t { CALLS = 20'000, ROUNDS = 4, OWN_HANDLES = 16 };

static uint64_t state;
static uint8_t scratch[16384];
static fe_handle own[OWN_HANDLES];

static uint64_t random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t odd_number(void)
{
    static const uint64_t odd[] = {0,          1,          2,          7,
                                   4095,       4096,       8192,       UINT32_MAX,
                                   1ull << 31, 1ull << 47, UINT64_MAX, UINT64_MAX - 4095,
                                   1ull << 63, INT64_MAX};
    return random() % 3 ? odd[random() % (sizeof odd / sizeof *odd)] : random();
}

static uint64_t address(void)
{
    switch (random() % 6) {
    case 0: return odd_number();
    case 1: return kernel_address + (random() & 0xfffffff);
    case 2: return (uintptr_t)scratch + random() % 64; // often not aligned
    default: return (uintptr_t)scratch + (random() % 1024 & ~7ull);
    }
}

static uint64_t handle(void)
{
    return random() % 8 ? own[random() % OWN_HANDLES] : odd_number();
}

// Fills reg[at...] for one argument; returns how many registers that took.
static uint32_t argument_make(uint8_t kind, uint64_t *reg)
{
    switch (kind) {
    case CALL_HANDLE: reg[0] = handle(); return 1;
    case CALL_IN:
    case CALL_OUT:
    case CALL_TEXT:
        reg[0] = address();
        reg[1] = random() % 4 ? random() % 256 : odd_number();
        return 2;
    case CALL_ADDRESS:
    case CALL_STRUCT: reg[0] = address(); return 1;
    case CALL_TIME: reg[0] = random() % 4 ? fe_clock_monotonic() + random() % 100'000 : 0; return 1;
    case CALL_FLAGS:
    case CALL_U32: reg[0] = random() % 4 ? random() % 8 : odd_number(); return 1;
    case CALL_SIZE:
    case CALL_OFFSET: reg[0] = random() % 4 ? random() % 16 * FE_PAGE_SIZE : odd_number(); return 1;
    default: reg[0] = odd_number(); return 1;
    }
}

// What would end this process, or stop it for good, is left out; its own threads too.
static bool is_wanted(const struct call_grammar *call)
{
    static const char *const unwanted[] = {"process_exit",  "process_kill",  "process_stop",
                                           "thread_exit",   "process_unmap", "process_protect",
                                           "thread_create", "thread_upcall", "thread_pointer_set",
                                           "system_power",  "debug_write",   "process_map"};
    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++)
        if (strncmp(call->name, unwanted[i], strlen(unwanted[i])) == 0) return false;
    return true;
}

static void call_make(const struct call_grammar *call)
{
    uint64_t reg[12] = {};
    uint32_t at = 0;
    if (call->object != OBJECT_NONE) reg[at++] = handle();
    for (uint32_t i = 0; i < call->count && at < 10; i++) {
        if (call->argument[i] != CALL_MESSAGE) {
            at += argument_make(call->argument[i], reg + at);
            continue;
        }
        for (at = 1; at < 10; at++) reg[at] = odd_number();
        reg[10] = fe_clock_monotonic() + random() % 100'000; // never waits for long
        reg[11] = random() % 2 ? address() : 0;
        if (call->number == FE_CALL_CHANNEL_REPLY_RECEIVE) return;
    }
    fe_syscall12(call->number, reg);
    if ((int32_t)reg[0] == OK && random() % 2) own[random() % OWN_HANDLES] = (fe_handle)reg[1];
}

int guest_child(const char *role)
{
    state = (uint64_t)(role[0] * 2654435761u) + 88172645463325252u;
    uint64_t id;
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
    size_t calls = sizeof call_grammar / sizeof *call_grammar;
    for (uint32_t i = 0; i < CALLS; i++) {
        const struct call_grammar *call = &call_grammar[random() % calls];
        if (is_wanted(call)) call_make(call);
    }
    return 7;
}

TEST("a call number that does not exist is refused")
{
    static const uint64_t numbers[] = {FE_CALL_COUNT, 12, 1000, UINT32_MAX, UINT64_MAX, 1ull << 63};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t reg[2] = {};
        fe_syscall2(numbers[i], reg);
        EXPECT((int32_t)reg[0] == ERR_BAD_CALL);
    }
}

TEST("random calls with random arguments break nothing and leave nothing behind")
{
    struct fe_system_info before, after;
    EXPECT(fe_system_inspect(guest_resource("system"), &before) == OK);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        char role[2] = {(char)('a' + round), 0};
        struct fe_child child;
        struct fe_process_info info;
        EXPECT(guest_spawn(role, nullptr, 0, &child) == OK);
        enum status status = guest_wait(&child, &info);
        EXPECT(status == OK || status == ERR_TIMED_OUT);
    }
    fe_clock_sleep_until(fe_clock_after(200 * MILLISECOND));
    EXPECT(fe_system_inspect(guest_resource("system"), &after) == OK);
    EXPECT(after.process_count == before.process_count);
    EXPECT(after.memory_free + (1 << 20) >= before.memory_free);
}
