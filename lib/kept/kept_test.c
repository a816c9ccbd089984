// SPDX-License-Identifier: MIT
// Tests of what outlives a service: a keeper that is here, and services that end at every store of
// a change, after which the next one must find a record as it was or as it was to be.
#include <abi/keep.h>
#include <abi/syscalls.h>
#include <arch/user/syscall.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The file itself, so that a test can begin anew like a process.
#include "kept.c"
#include "test/unit.h"

enum : uint32_t { SLOTS = 64 };

static struct {
    void *memory; // behind the handle
    size_t size;
    bool is_wanted;
} slot[SLOTS]; // by number; a handle is a slot's number too

static uint32_t handle_count = SLOTS / 2; // those from here on are not kept yet

fe_handle fe_start_handle(const char *name)
{
    return strcmp(name, "keeper") == 0 ? 1000 : 1001;
}

static uint64_t keep(uint64_t reg[12])
{
    struct fe_transfer *transfer = (struct fe_transfer *)reg[11];
    uint64_t number = reg[2];
    switch (reg[1]) {
    case KEEP_PUT:
        for (number = 1; slot[number].memory != nullptr; number++) continue;
        slot[number] = slot[transfer->send_handle[0]];
        slot[number].is_wanted = true;
        reg[2] = number;
        return 0;
    case KEEP_TAKE:
        if (number >= SLOTS / 2 || slot[number].memory == nullptr) return ENOENT;
        slot[number].is_wanted = true;
        transfer->received_handle_count = 1;
        transfer->received_handle[0] = (fe_handle)number;
        return 0;
    case KEEP_DROP:
        if (slot[number].memory == nullptr) return ENOENT;
        slot[number].memory = nullptr;
        return 0;
    case KEEP_FINISH:
        for (uint32_t i = 1; i < SLOTS / 2; i++) {
            if (!slot[i].is_wanted) slot[i].memory = nullptr;
        }
        return 0;
    default: return ENOSYS;
    }
}

static enum status call(uint64_t number, uint64_t reg[12])
{
    switch (number) {
    case FE_CALL_CHANNEL_CALL: reg[1] = keep(reg); return OK;
    case FE_CALL_MEMORY_CREATE:
        if (handle_count == SLOTS) return ERR_NO_MEMORY;
        slot[handle_count].memory = calloc(1, reg[0]);
        slot[handle_count].size = reg[0];
        reg[1] = handle_count++;
        return OK;
    case FE_CALL_HANDLE_DUPLICATE: reg[1] = reg[0]; return OK;
    case FE_CALL_PROCESS_MAP: reg[1] = (uint64_t)slot[reg[1]].memory; return OK;
    case FE_CALL_HANDLE_CLOSE:
    case FE_CALL_PROCESS_UNMAP: return OK;
    default: return ERR_BAD_CALL;
    }
}

void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    reg[0] = (uint64_t)(int64_t)call(number, reg);
}

static void narrow(uint64_t number, uint64_t *reg, size_t count)
{
    uint64_t all[12] = {};
    memcpy(all, reg, count * sizeof *reg);
    fe_syscall12(number, all);
    memcpy(reg, all, count * sizeof *reg);
}

void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    narrow(number, reg, 2);
}

void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    narrow(number, reg, 4);
}

void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    narrow(number, reg, 8);
}

struct thing {
    uint64_t first, rest[20];
};

static struct thing thing_of(uint64_t value)
{
    struct thing thing = {.first = value};
    for (int i = 0; i < 20; i++) thing.rest[i] = value;
    return thing;
}

static bool is_whole(const struct thing *thing)
{
    for (int i = 0; i < 20; i++) {
        if (thing->rest[i] != thing->first) return false;
    }
    return true;
}

// As a new process begins.
static bool restart(size_t size)
{
    head = nullptr;
    hint = 1;
    is_old = false;
    for (uint32_t i = 1; i < SLOTS / 2; i++) slot[i].is_wanted = false;
    return kept_open(size) == OK;
}

static uint32_t count_all(void)
{
    uint32_t count = 0;
    for (uint32_t at = 0; kept_next(&at) != nullptr;) count++;
    return count;
}

TEST("records and numbers are there again for the next service, as many as there are")
{
    EXPECT(restart(sizeof(struct thing)) && !kept_is_old());
    *kept_number() = 77;
    uint32_t number[500];
    for (uint32_t i = 0; i < 500; i++) {
        struct thing thing = thing_of(i + 1);
        number[i] = kept_create(&thing);
        EXPECT(number[i] != 0);
    }
    for (uint32_t i = 0; i < 500; i += 2) kept_remove(number[i]);
    EXPECT(restart(sizeof(struct thing)) && kept_is_old() && *kept_number() == 77);
    kept_finish();
    const struct thing *thing;
    uint32_t found = 0;
    for (uint32_t at = 0; (thing = kept_next(&at)) != nullptr; found++)
        EXPECT(is_whole(thing) && thing->first % 2 == 0 && number[thing->first - 1] == at);
    EXPECT(found == 250);
    struct thing more = thing_of(9);
    EXPECT(kept_create(&more) != 0 && count_all() == 251);
}

TEST("a change that the service's end cut short is finished, or was never made")
{
    EXPECT(restart(sizeof(struct thing)));
    struct thing old = thing_of(5), fresh = thing_of(6);
    uint32_t number = kept_create(&old);
    size_t size = sizeof fresh;
    memcpy(head->draft, &fresh, size / 2); // before it counts
    EXPECT(restart(size) && ((const struct thing *)record_at(number)->data)->first == 5);
    memcpy(head->draft, &fresh, size);
    head->draft_is_used = true;
    head->written = number; // from here on
    memcpy(record_at(number)->data, &fresh, size / 2);
    EXPECT(restart(size));
    const struct thing *now = (const struct thing *)record_at(number)->data;
    EXPECT(now->first == 6 && is_whole(now) && head->written == 0);
    kept_remove(number);
}

TEST("handles that no record named go when the next service has looked")
{
    EXPECT(restart(sizeof(struct thing)));
    fe_handle memory, found;
    EXPECT(fe_memory_create(FE_PAGE_SIZE, 0, &memory) == OK);
    uint32_t named = kept_put(memory), forgotten = kept_put(memory);
    EXPECT(named != 0 && forgotten != 0 && named != forgotten);
    EXPECT(restart(sizeof(struct thing)) && kept_take(named, &found) == OK);
    kept_finish();
    EXPECT(kept_take(forgotten, &found) != OK && kept_take(named, &found) == OK);
    kept_drop(named);
    EXPECT(kept_take(named, &found) != OK);
}

TEST("records of another size are forgotten, and the number")
{
    EXPECT(restart(sizeof(struct thing)));
    *kept_number() = 12;
    EXPECT(restart(sizeof(struct thing) + 8) && !kept_is_old() && count_all() == 0);
    EXPECT(*kept_number() == 0);
    kept_finish();
}
