// SPDX-License-Identifier: MIT
// Who may use how much of a quota.
#include "kernel/object/quota.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/event.h"
#include "kernel/object/process.h"
#include "kernel/object/reap.h"
#include "kernel/object/shortage.h"
#include "test/unit.h"
#include <arch/arch.h>

enum : uint64_t { LIMIT = 1 << 20 };

static struct process *make(struct process *parent, uint64_t limit)
{
    struct process_plan plan = {.parent = parent, .memory_limit = limit, .name = "played"};
    struct process *process;
    if (process_create(&plan, &process) != OK) panic("a test's process");
    return process;
}

// Charges until it is refused; the bytes.
static uint64_t fill(struct process *process)
{
    uint64_t sum = 0;
    while (process_charge(process, 256) == OK) sum += 256;
    return sum;
}

TEST("a child that draws on its parent's quota leaves the parent a part of it")
{
    none_reset();
    struct process *shell = make(nullptr, LIMIT);
    struct process *bomb = make(shell, 0);
    struct process *other = make(bomb, 0);
    EXPECT(fill(bomb) > LIMIT / 2);
    EXPECT(process_charge(other, 256) == ERR_QUOTA);
    EXPECT(process_chargeable(other) < 256);
    EXPECT(process_chargeable(shell) >= LIMIT / 64 && process_chargeable(shell) < LIMIT / 64 + 256);
    uint64_t left = fill(shell);
    EXPECT(left > LIMIT / 64 - 512 && left <= LIMIT / 64);
    EXPECT(shell->quota->used <= LIMIT);
    EXPECT(process_charge(other, 256) == ERR_QUOTA);
    process_uncharge(shell, left);
    EXPECT(process_charge(other, 256) == ERR_QUOTA);
    process_uncharge(bomb, 1024);
    EXPECT(process_charge(other, 256) == OK);
}

TEST("a limit of its own is taken out of what the parent may use")
{
    none_reset();
    struct process *shell = make(nullptr, LIMIT);
    struct process *child = make(shell, 0);
    struct process_plan plan = {
        .parent = child, .memory_limit = LIMIT - LIMIT / 64, .name = "large"};
    struct process *process;
    EXPECT(process_create(&plan, &process) == ERR_QUOTA);
    struct process *grandchild = make(child, LIMIT / 2);
    uint64_t used = fill(grandchild);
    EXPECT(used > LIMIT / 2 - LIMIT / 8 && used < LIMIT / 2);
    EXPECT(fill(child) < LIMIT / 2);
}

TEST("a process uses no more than its image is entitled to, whatever its quota has")
{
    none_reset();
    struct process *process = make(nullptr, LIMIT);
    process->entitlement.memory_ceiling = process->memory_used + 4096;
    EXPECT(fill(process) == 4096);
    process_uncharge(process, 512);
    EXPECT(fill(process) == 512);
}

TEST("a chain of nested limits is given back one at a time")
{
    enum : uint32_t { DEPTH = 8 };
    none_reset();
    struct process *shell = make(nullptr, LIMIT);
    uint64_t before = shell->quota->used;
    struct quota *inner[DEPTH];
    struct process taker = {.quota = shell->quota, .owns_quota = true};
    for (uint32_t i = 0; i < DEPTH; i++) {
        EXPECT(quota_create(&taker, LIMIT / 2 - 4096 * i, &inner[i]) == OK);
        if (i > 0) quota_put(inner[i - 1]); // its child keeps it
        taker.quota = inner[i];
    }
    quota_put(inner[DEPTH - 1]);
    for (uint32_t i = 1; i < DEPTH; i++) {
        EXPECT(shell->quota->used == before + LIMIT / 2);
        EXPECT(reap_step());
    }
    EXPECT(shell->quota->used == before && !reap_step());
}

TEST("who wants to know of a shortage is told by the charge that leaves less, by a refusal, and "
     "once")
{
    none_reset();
    struct process *shell = make(nullptr, LIMIT);
    struct process *cache = make(shell, 0);
    struct event *event;
    EXPECT(event_create(cache, &event) == OK);
    event->channel_mask = 0;
    uint64_t left = process_chargeable(cache);
    EXPECT(shortage_watch(cache, event, 1, left - 4096) == OK && event->bits == 0);
    EXPECT(process_charge(shell, 2048) == OK && event->bits == 0);
    EXPECT(process_charge(shell, 2048) == OK && event->bits == 1);
    event->bits = 0;
    EXPECT(process_charge(shell, 2048) == OK && event->bits == 0);
    EXPECT(shortage_watch(cache, event, 2, 1) == OK && event->bits == 0);
    EXPECT(process_charge(shell, LIMIT) == ERR_QUOTA && event->bits == 2);
    EXPECT(shortage_watch(cache, event, 4, left) == OK && event->bits == 6);
    EXPECT(shortage_watch(cache, event, 8, 1) == OK && shell->quota->alarm != UINT64_MAX);
    EXPECT(shortage_watch(cache, event, 0, left) == OK && shell->quota->alarm == UINT64_MAX);
    EXPECT(event->bits == 6);
    EXPECT(shortage_watch(cache, event, 8, 1) == OK);
    shortage_forget(cache);
    EXPECT(shell->quota->alarm == UINT64_MAX && cache->shortage == nullptr);
}
