// SPDX-License-Identifier: MIT
// Quotas: see the header. What cannot be charged is tried again by the call that asked for it,
// after the reaper has given back what the dead still hold.
#include "kernel/object/quota.h"
#include "kernel/list.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/process.h"
#include "kernel/object/shortage.h"
#include "kernel/syscall.h"

static struct slab quota_slab;
static uint64_t charged; // bytes, of all processes

void quota_init(void)
{
    slab_init(&quota_slab, "quota", sizeof(struct quota));
    shortage_init();
}

enum : uint64_t { RESERVE = 64 }; // the owner's part: the limit by this

uint64_t quota_most(const struct process *process)
{
    uint64_t limit = process->quota->limit;
    return process->owns_quota ? limit : limit - limit / RESERVE;
}

static uint64_t left_of(const struct process *process)
{
    uint64_t most = quota_most(process), used = process->quota->used;
    return used > most ? 0 : most - used;
}

[[gnu::cold, gnu::noinline]] static enum status refused(struct quota *quota)
{
    reap_want();
    shortage_tell(quota, UINT64_MAX);
    return ERR_QUOTA;
}

[[gnu::cold, gnu::noinline]] static enum status alarmed(struct quota *quota)
{
    shortage_tell(quota, quota->used);
    return OK;
}

// The caller has seen that so much is left. Always OK: callers end with it, so that they need no
// frame.
static enum status use(struct quota *quota, uint64_t bytes)
{
    quota->used += bytes;
    return quota->used > quota->alarm ? alarmed(quota) : OK;
}

// Gives back a quota that nobody has any more. A chain of them is as long as limits were nested:
// one at a time.
static bool give_back(struct reap *reap)
{
    struct quota *quota = CONTAINER(reap, struct quota, reap), *parent = quota->parent;
    ASSERT(quota->used == 0 && quota->references == 0);
    if (parent != nullptr) {
        ASSERT(parent->used >= quota->limit && parent->references > 0);
        parent->used -= quota->limit;
        if (--parent->references == 0) reap_add(&parent->reap);
    }
    slab_free(&quota_slab, quota);
    return true;
}

enum status quota_create(const struct process *taker, uint64_t limit, struct quota **quota)
{
    struct quota *parent = taker == nullptr ? nullptr : taker->quota;
    if (taker != nullptr && limit > left_of(taker)) return refused(parent);
    struct quota *made = slab_allocate(&quota_slab);
    if (made == nullptr) return ERR_NO_MEMORY;
    *made = (struct quota){.parent = parent, .limit = limit, .alarm = UINT64_MAX, .references = 1};
    reap_init(&made->reap, give_back);
    *quota = made;
    if (parent == nullptr) return OK;
    quota_get(parent);
    return use(parent, limit);
}

void quota_get(struct quota *quota)
{
    ASSERT(quota->references > 0);
    quota->references++;
}

void quota_put(struct quota *quota)
{
    ASSERT(quota->references > 0);
    if (--quota->references == 0) give_back(&quota->reap);
}

uint64_t quota_charged(void)
{
    return charged;
}

uint64_t process_chargeable(const struct process *process)
{
    uint64_t ceiling = process->entitlement.memory_ceiling, left = left_of(process);
    bool is_lower = ceiling != 0 && ceiling - process->memory_used < left;
    return is_lower ? ceiling - process->memory_used : left;
}

enum status process_charge(struct process *process, uint64_t bytes)
{
    if (process == nullptr) return OK;
    uint64_t ceiling = process->entitlement.memory_ceiling;
    if (ceiling != 0 && bytes > ceiling - process->memory_used) {
        reap_want();
        return ERR_QUOTA;
    }
    if (bytes > left_of(process)) return refused(process->quota);
    process->memory_used += bytes;
    charged += bytes;
    return use(process->quota, bytes);
}

void process_uncharge(struct process *process, uint64_t bytes)
{
    if (process == nullptr) return;
    ASSERT(process->memory_used >= bytes && process->quota->used >= bytes);
    ASSERT(charged >= bytes);
    process->memory_used -= bytes;
    charged -= bytes;
    process->quota->used -= bytes;
}

enum status process_charge_memory(struct process *process, uint64_t pages)
{
    return process_charge(process, pages << PAGE_SHIFT);
}

void process_uncharge_memory(struct process *process, uint64_t pages)
{
    process_uncharge(process, pages << PAGE_SHIFT);
}

enum status charged_take(struct process *owner, struct slab *slab, size_t size, void *result)
{
    TRY(process_charge(owner, size));
    void *made = slab_take(slab);
    if (made == nullptr)
        process_uncharge(owner, size);
    else
        *(void **)result = made;
    return made == nullptr ? ERR_NO_MEMORY : OK;
}

void charged_free(struct process *owner, struct slab *slab, size_t size, void *what)
{
    slab_free(slab, what);
    process_uncharge(owner, size);
}
