// SPDX-License-Identifier: MIT
// Futexes between processes: one tree of waiters, keyed by the kernel's address of the word, which
// is the same for all who have mapped it. The page may become another's while somebody waits, if he
// unmaps it: who no longer reaches it is woken, to look again, and does not count. A word may name
// its owner, a thread of any process that has said that it owns such words: who waits for it is
// told when that thread ends. Nothing else is done to the owner, and it inherits nothing.
#include "kernel/log.h"
#include "kernel/memory/progress.h"
#include "kernel/object/futex.h"
#include "kernel/object/process.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

static struct tree waiters;
static struct tree owners; // those who said so, by their numbers

enum : uint32_t { FUTEX_STEP = 4 };

void futex_leave_shared(struct thread *thread)
{
    ASSERT(thread->state == THREAD_FUTEX_SHARED);
    tree_take(&waiters, &thread->node);
    list_remove(&thread->of_owner);
}

static enum status word_find(struct thread *thread, uintptr_t word, uint32_t access, uint32_t **at)
{
    void *found;
    if (word % sizeof **at != 0) return ERR_BAD_ARGUMENT;
    TRY(space_reach(&thread->process->space, word, access, &found));
    *at = found;
    return OK;
}

// nullptr: nobody alive who has said that he owns words.
static struct thread *owner_find(uint32_t value)
{
    uint32_t number = value & LOCK_OWNER;
    struct tree_node *node = tree_find(&owners, number);
    if (node == nullptr || node->key != number) return nullptr;
    struct thread *owner = CONTAINER(node, struct thread, by_shared);
    ASSERT(owner->owns_shared);
    return owner;
}

static enum status wait_for(uintptr_t word, uint32_t expected, uint64_t deadline, bool is_owned)
{
    struct thread *thread = thread_current(), *owner = nullptr;
    uint32_t *at;
    TRY(word_find(thread, word, MAP_WRITE, &at));
    if (__atomic_load_n(at, __ATOMIC_SEQ_CST) != expected) return ERR_AGAIN;
    if (is_owned) {
        owner = owner_find(expected);
        if (owner == nullptr) return ERR_OWNER_DEAD;
        if (owner == thread) return ERR_DEADLOCK;
    }
    TRY(wait_check(thread, deadline));
    wait_arm(thread, deadline);
    thread->wait_mask = word;
    list_node_init(&thread->of_owner);
    if (owner != nullptr) list_append(&owner->dependents, &thread->of_owner);
    tree_add(&waiters, &thread->node, (uintptr_t)at);
    schedule_block(THREAD_FUTEX_SHARED);
    return CALL_DEFERRED;
}

enum status sys_futex_wait_shared(uintptr_t word, uint32_t expected, uint64_t deadline)
{
    return wait_for(word, expected, deadline, false);
}

enum status sys_futex_wait_owned(uintptr_t word, uint32_t expected, uint64_t deadline)
{
    return wait_for(word, expected, deadline, true);
}

enum status sys_futex_own_shared(void)
{
    struct thread *thread = thread_current();
    if (thread->owns_shared) return OK;
    thread->owns_shared = true;
    list_init(&thread->dependents);
    tree_add(&owners, &thread->by_shared, thread->by_number.key);
    return OK;
}

bool futex_disown_some(struct thread *thread)
{
    if (!thread->owns_shared) return true;
    if (tree_is_linked(&thread->by_shared)) tree_take(&owners, &thread->by_shared);
    for (uint32_t i = 0; i < FUTEX_STEP; i++) {
        struct list_node *node = list_first(&thread->dependents);
        if (node == nullptr) {
            thread->owns_shared = false;
            return true;
        }
        struct thread *waiter = CONTAINER(node, struct thread, of_owner);
        futex_leave_shared(waiter);
        wait_end(waiter, ERR_OWNER_DEAD);
    }
    return false;
}

// Wakes the one that came first; whether he waited for this word. False in `found`: nobody is left.
static bool wake_one(const uint32_t *at, bool *found)
{
    struct tree_node *node = tree_find(&waiters, (uintptr_t)at);
    *found = node != nullptr && node->key == (uintptr_t)at;
    if (!*found) return false;
    struct thread *thread = CONTAINER(node, struct thread, node);
    uint32_t *now;
    bool is_there =
        word_find(thread, (uintptr_t)thread->wait_mask, MAP_READ, &now) == OK && now == at;
    futex_leave_shared(thread);
    wait_end(thread, OK);
    return is_there;
}

enum status sys_futex_wake_shared(uintptr_t word, uint32_t count, uint32_t *woken)
{
    uint32_t *at;
    TRY(word_find(thread_current(), word, MAP_WRITE, &at));
    const uint64_t arguments[3] = {word, count};
    struct progress *progress = progress_get((const void *)sys_futex_wake_shared, arguments, 0);
    bool found = true;
    for (uint32_t step = 0; progress->position < count; step++) {
        progress->position += wake_one(at, &found);
        if (!found) break;
        if (step % FUTEX_STEP == FUTEX_STEP - 1 && progress_should_stop()) return CALL_RESTART;
    }
    *woken = (uint32_t)progress->position;
    progress_end(progress);
    return OK;
}
