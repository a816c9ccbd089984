// SPDX-License-Identifier: MIT
// Locks: see the header. A lock that is given up goes straight to the most urgent of its waiters,
// so nobody less urgent comes in between. The word is changed by compare-and-exchange, because
// threads on other CPUs change it at the same time; when that fails, the call is made again.
#include "kernel/object/mutex.h"
#include "kernel/log.h"
#include "kernel/memory/page.h"
#include "kernel/object/futex.h"
#include "kernel/object/process.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include <kernel/syscalls.h>

static struct slab mutex_slab;

void mutex_init_all(void)
{
    slab_init(&mutex_slab, "mutex", sizeof(struct mutex));
}

enum status mutex_make_spare(struct thread *thread)
{
    TRY(process_charge(thread->object.owner, sizeof(struct mutex)));
    thread->spare_mutex = slab_allocate(&mutex_slab);
    if (thread->spare_mutex != nullptr) {
        list_node_init(&thread->spare_mutex->of_owner);
        return OK;
    }
    process_uncharge(thread->object.owner, sizeof(struct mutex));
    return ERR_NO_MEMORY;
}

void mutex_free_spare(struct thread *thread)
{
    slab_free(&mutex_slab, thread->spare_mutex);
    process_uncharge(thread->object.owner, sizeof(struct mutex));
    thread->spare_mutex = nullptr;
}

static uint32_t number_of(const struct thread *thread)
{
    return (uint32_t)thread->by_number.key;
}

// --- The word ----------------------------------------------------------------------------------

static enum status word_find(struct process *process, uintptr_t address, uint32_t **word)
{
    void *at;
    if (address % sizeof **word != 0) return ERR_BAD_ARGUMENT;
    TRY(space_reach(&process->space, address, MAP_WRITE, &at));
    *word = at;
    return OK;
}

static uint32_t word_load(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static bool word_change(uint32_t *word, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

// The thread that has the lock. nullptr: nobody, or it is dead.
static struct thread *owner_of(const struct process *process, uint32_t value)
{
    uint32_t number = value & LOCK_OWNER;
    struct tree_node *node = number == 0 ? nullptr : tree_find(&process->by_number, number);
    if (node == nullptr || node->key != number) return nullptr;
    return CONTAINER(node, struct thread, by_number);
}

// What the word of a lock that nobody alive has becomes when `thread` takes it.
static uint32_t taken_by(const struct thread *thread, uint32_t value)
{
    uint32_t left = (value & LOCK_OWNER) != 0 ? LOCK_OWNER_DEAD : 0;
    return number_of(thread) | left | (value & (LOCK_WAITERS | LOCK_OWNER_DEAD));
}

static enum status status_of(uint32_t value)
{
    return (value & LOCK_OWNER_DEAD) != 0 ? ERR_OWNER_DEAD : OK;
}

// --- Waiters -----------------------------------------------------------------------------------

static struct mutex *mutex_find(const struct process *process, uintptr_t address)
{
    struct tree_node *node = tree_find(&process->mutexes, address);
    if (node == nullptr || node->key != address) return nullptr;
    return CONTAINER(node, struct mutex, by_address);
}

// What the waiters lend the owner.
static void lend(struct mutex *mutex)
{
    if (mutex->owner == nullptr) return;
    donation_queue(mutex->owner, &mutex->donation, LENDER_MUTEX, mutex->waiters.first->key);
}

static void set_owner(struct mutex *mutex, struct thread *owner)
{
    if (mutex->owner == owner) return;
    if (tree_is_linked(&mutex->donation)) donation_end(mutex->owner, &mutex->donation);
    list_remove(&mutex->of_owner);
    mutex->owner = owner;
    if (owner != nullptr) list_append(&owner->mutexes, &mutex->of_owner);
}

// `thread` waits from now on for the lock that `owner` has. The first who waits turns what he
// brings along into the mutex, the others leave theirs with it.
static void join(struct process *process, uintptr_t address, struct thread *owner,
                 struct thread *thread)
{
    struct mutex *mutex = mutex_find(process, address);
    if (mutex == nullptr) {
        mutex = thread->spare_mutex;
        *mutex = (struct mutex){};
        list_node_init(&mutex->of_owner);
        list_init(&mutex->spares);
        tree_add(&process->mutexes, &mutex->by_address, address);
    } else {
        list_append(&mutex->spares, &thread->spare_mutex->of_owner);
    }
    thread->spare_mutex = nullptr;
    thread->wait_mutex = mutex;
    set_owner(mutex, owner);
    tree_add(&mutex->waiters, &thread->node, thread->urgency);
    lend(mutex);
}

// `thread` waits no more. Each takes one mutex away, the last one this.
static void leave(struct mutex *mutex, struct thread *thread)
{
    tree_take(&mutex->waiters, &thread->node);
    thread->wait_mutex = nullptr;
    struct list_node *node = list_take(&mutex->spares);
    if (node != nullptr) {
        thread->spare_mutex = CONTAINER(node, struct mutex, of_owner);
        return;
    }
    ASSERT(tree_is_empty(&mutex->waiters));
    set_owner(mutex, nullptr);
    tree_take(&thread->process->mutexes, &mutex->by_address);
    thread->spare_mutex = mutex;
}

void mutex_leave(struct thread *thread)
{
    struct mutex *mutex = thread->wait_mutex;
    leave(mutex, thread);
    if (!tree_is_empty(&mutex->waiters)) lend(mutex);
}

// The most urgent waiter has the lock now.
static void hand_over(struct mutex *mutex, uint32_t *word, uint32_t dead)
{
    struct thread *next = CONTAINER(mutex->waiters.first, struct thread, node);
    leave(mutex, next);
    bool more = !tree_is_empty(&mutex->waiters);
    __atomic_store_n(word, number_of(next) | dead | (more ? LOCK_WAITERS : 0), __ATOMIC_SEQ_CST);
    wait_end(next, status_of(dead));
    if (!more) return;
    set_owner(mutex, next);
    lend(mutex);
}

bool mutex_forget_one(struct thread *thread)
{
    struct list_node *node = list_first(&thread->mutexes);
    if (node == nullptr) return false;
    struct mutex *mutex = CONTAINER(node, struct mutex, of_owner);
    uint32_t *word;
    if (thread->process->ending) {
        set_owner(mutex, nullptr); // the waiters die as well
    } else if (word_find(thread->process, mutex->by_address.key, &word) == OK) {
        hand_over(mutex, word, LOCK_OWNER_DEAD);
    } else {
        wait_break(CONTAINER(mutex->waiters.first, struct thread, node), ERR_BAD_ADDRESS);
    }
    return true;
}

// --- Calls -------------------------------------------------------------------------------------

enum status sys_futex_lock(uintptr_t address, uint64_t deadline)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    uint32_t *word;
    TRY(word_find(process, address, &word));
    uint32_t value = word_load(word);
    struct thread *owner = owner_of(process, value);
    if (owner == thread) return ERR_DEADLOCK;
    if ((value & LOCK_OWNER) == LOCK_OWNER) return ERR_BAD_STATE;
    if (owner != nullptr) {
        TRY(wait_check(thread, deadline));
        if (!word_change(word, value, value | LOCK_WAITERS)) return CALL_RESTART;
        wait_arm(thread, deadline);
        schedule_block(THREAD_LOCKING);
        join(process, address, owner, thread);
        return CALL_DEFERRED;
    }
    uint32_t taken = taken_by(thread, value);
    if (!word_change(word, value, taken)) return CALL_RESTART;
    struct mutex *mutex = mutex_find(process, address);
    if (mutex != nullptr) {
        set_owner(mutex, thread);
        lend(mutex);
    }
    return status_of(taken);
}

enum status sys_futex_unlock(uintptr_t address)
{
    struct thread *thread = thread_current();
    struct process *process = thread->process;
    uint32_t *word;
    TRY(word_find(process, address, &word));
    uint32_t value = word_load(word), dead = value & LOCK_OWNER_DEAD;
    if (owner_of(process, value) != thread) return ERR_BAD_STATE;
    struct mutex *mutex = mutex_find(process, address);
    if (mutex != nullptr) {
        hand_over(mutex, word, dead);
        return OK;
    }
    return word_change(word, value, dead) ? OK : CALL_RESTART;
}

// One waiter of a futex gets the lock, or waits for it from now on.
static enum status move_one(struct process *process, struct thread *thread, uintptr_t address)
{
    uint32_t *word;
    TRY(word_find(process, address, &word));
    uint32_t value = word_load(word);
    struct thread *owner = owner_of(process, value);
    uint32_t changed = owner == nullptr ? taken_by(thread, value) : value | LOCK_WAITERS;
    if (!word_change(word, value, changed)) return CALL_RESTART;
    futex_leave(thread);
    if (owner == nullptr) {
        wait_end(thread, status_of(changed));
    } else {
        thread->state = THREAD_LOCKING;
        join(process, address, owner, thread);
    }
    return OK;
}

enum status sys_futex_requeue_lock(uintptr_t word, uint32_t count, uintptr_t lock, uint32_t *moved)
{
    struct process *process = process_current();
    if (!user_range_is_valid(word, sizeof(uint32_t))) return ERR_BAD_ADDRESS;
    if (word % sizeof(uint32_t) != 0 || word == lock) return ERR_BAD_ARGUMENT;
    const uint64_t arguments[3] = {word, count, lock};
    struct progress *progress = progress_get((const void *)sys_futex_requeue_lock, arguments, 0);
    while (progress->position < count) {
        struct thread *thread = futex_first(process, word);
        if (thread == nullptr) break;
        enum status status = move_one(process, thread, lock);
        if (status == CALL_RESTART) return status;
        if (status != OK) {
            progress_end(progress);
            return status;
        }
        progress->position++;
        if (progress_should_stop()) return CALL_RESTART;
    }
    *moved = (uint32_t)progress->position;
    progress_end(progress);
    return OK;
}
