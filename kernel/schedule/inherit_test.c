// SPDX-License-Identifier: MIT
// Urgency through chains of any length, in pieces between interrupts, and undone exactly.
#include "kernel/none/play.h"
#include "kernel/object/channel.h"
#include "kernel/object/mutex.h"
#include "kernel/object/wait.h"
#include "kernel/schedule/budget.h"
#include "kernel/schedule/schedule.h"
#include "kernel/syscall.h"
#include "kernel/trap.h"
#include "test/unit.h"

enum : uint32_t { LENGTH = 200, PIECE = 16 };
static struct process *process;
static struct thread *server[LENGTH];
static struct channel *channel[LENGTH];
static struct session *session[LENGTH];

static void setup(void)
{
    none_reset();
    process = play_process(4);
}

static bool serve(uint32_t i, uint32_t priority)
{
    server[i] = play_thread(process, priority);
    if (channel_create(process, &channel[i]) != OK) return false;
    object_get_handle(&channel[i]->object);
    if (session_create(channel[i], process, i, &session[i]) != OK) return false;
    play_as(server[i]);
    server[i]->frame.reg[10] = FE_FOREVER;
    server[i]->frame.reg[11] = 0;
    return sys_channel_receive(channel[i], &server[i]->frame) == CALL_DEFERRED;
}

static bool call(struct thread *caller, uint32_t i)
{
    play_as(caller);
    caller->frame.reg[1] = 1;
    caller->frame.reg[10] = FE_FOREVER;
    caller->frame.reg[11] = 0;
    return sys_channel_call(session[i], &caller->frame) == CALL_DEFERRED;
}

// `client` waits for the first server, each server for the next; the last one runs.
static bool chain(struct thread *client)
{
    for (uint32_t i = 0; i < LENGTH; i++) {
        if (!serve(i, 3)) return false;
    }
    if (!call(client, 0)) return false;
    for (uint32_t i = 0; i + 1 < LENGTH; i++) {
        if (!call(server[i], i + 1)) return false;
    }
    return true;
}

static uint32_t count_with(uint64_t urgency)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < LENGTH; i++) count += server[i]->urgency == urgency;
    return count;
}

static void set_priority(struct thread *thread, uint32_t priority)
{
    thread->own_urgency = urgency_of(priority, UINT64_MAX);
    schedule_update(thread);
}

TEST("a change goes through two hundred servers, some at a time while interrupts come")
{
    setup();
    struct thread *client = play_thread(process, 5);
    EXPECT(chain(client) && count_with(client->urgency) == LENGTH);
    set_priority(client, 20);
    uint32_t reached = count_with(client->urgency), pieces = 0;
    EXPECT(reached < PIECE + 1 && reached > 0);
    none_machine.interrupt = true;
    while (reached < LENGTH) {
        (void)!schedule_exit();
        uint32_t now = count_with(client->urgency);
        EXPECT(now > reached && now <= reached + PIECE + 1);
        reached = now;
        pieces++;
    }
    EXPECT(pieces >= LENGTH / (PIECE + 1) - 1);
    none_machine.interrupt = false;
    set_priority(client, 7);
    (void)!schedule_exit();
    EXPECT(count_with(client->urgency) == LENGTH && thread_current() == server[LENGTH - 1]);
}

TEST("a client that dies in the middle takes its urgency out of the whole chain")
{
    setup();
    struct thread *client = play_thread(process, 20), *other = play_thread(process, 9);
    EXPECT(chain(client) && call(other, 0)); // queued: the first server is busy
    EXPECT(thread_kill_step(client));
    (void)!schedule_exit();
    EXPECT(count_with(other->urgency) == LENGTH);
    EXPECT(thread_kill_step(other));
    (void)!schedule_exit();
    EXPECT(count_with(urgency_of(3, UINT64_MAX)) == LENGTH);
    for (uint32_t i = 0; i + 1 < LENGTH; i++) EXPECT(server[i]->state == THREAD_SERVED);
}

TEST("a server in the middle that dies cuts the chain, and its caller is still told in the end")
{
    setup();
    struct thread *client = play_thread(process, 20);
    EXPECT(chain(client) && thread_kill_step(server[100]));
    (void)!schedule_exit();
    EXPECT(count_with(client->urgency) >= 100 && server[101]->urgency == server[101]->own_urgency);
    EXPECT(server[99]->state == THREAD_SERVED && server[99]->urgency == client->urgency);
    object_put_handle(&channel[100]->object);
    EXPECT(server[99]->state != THREAD_SERVED &&
           (int64_t)server[99]->frame.reg[0] == ERR_ABANDONED);
}

TEST("a chain that closes comes to rest, and is as it was when it opens")
{
    setup();
    struct thread *helper = play_thread(process, 30);
    EXPECT(serve(0, 4) && serve(1, 5) && serve(2, 3));
    EXPECT(call(helper, 0) && call(server[0], 1));
    EXPECT(call(server[1], 0)); // waits for the one that waits for it
    (void)!schedule_exit();
    EXPECT(server[0]->urgency == helper->urgency && server[1]->urgency == helper->urgency);
    wait_break(server[1], ERR_TIMED_OUT);
    EXPECT(thread_kill_step(helper));
    (void)!schedule_exit();
    EXPECT(server[0]->urgency == urgency_of(4, UINT64_MAX));
    EXPECT(server[1]->urgency == urgency_of(5, UINT64_MAX));
}

// --- Locks -------------------------------------------------------------------------------------

static enum status lock(struct thread *thread, uintptr_t address)
{
    play_as(thread);
    return sys_futex_lock(address, FE_FOREVER);
}

static uint32_t word_at(uintptr_t address)
{
    uint32_t word;
    play_load(process, address, &word, sizeof word);
    return word;
}

TEST("urgency goes from a lock's waiter through its owner's call to the server")
{
    setup();
    uint32_t zero = 0;
    play_store(process, PLAY_MEMORY, &zero, sizeof zero);
    struct thread *owner = play_thread(process, 5), *waiter = play_thread(process, 20);
    EXPECT(serve(0, 3) && lock(owner, PLAY_MEMORY) == OK && call(owner, 0));
    EXPECT(server[0]->urgency == owner->urgency);
    EXPECT(lock(waiter, PLAY_MEMORY) == CALL_DEFERRED && waiter->state == THREAD_LOCKING);
    EXPECT(owner->urgency == waiter->urgency && server[0]->urgency == waiter->urgency);
    wait_break(waiter, ERR_TIMED_OUT);
    EXPECT(owner->urgency == owner->own_urgency && server[0]->urgency == owner->own_urgency);
    EXPECT(tree_is_empty(&process->mutexes) && waiter->spare_mutex != nullptr);
}

TEST("however waiters come and go, each keeps one mutex for the next time, and none is left over")
{
    setup();
    uint32_t zero = 0;
    play_store(process, PLAY_MEMORY, &zero, sizeof zero);
    struct thread *owner = play_thread(process, 5), *waiter[4];
    EXPECT(lock(owner, PLAY_MEMORY) == OK);
    for (uint32_t i = 0; i < 4; i++) {
        waiter[i] = play_thread(process, 10 + i);
        EXPECT(lock(waiter[i], PLAY_MEMORY) == CALL_DEFERRED && waiter[i]->spare_mutex == nullptr);
    }
    wait_break(waiter[0], ERR_TIMED_OUT); // whose mutex it is
    wait_break(waiter[3], ERR_INTERRUPTED);
    EXPECT(waiter[0]->spare_mutex != nullptr && waiter[3]->spare_mutex != nullptr);
    EXPECT(owner->urgency == waiter[2]->urgency);
    play_as(owner);
    EXPECT(sys_futex_unlock(PLAY_MEMORY) == OK && owner->urgency == owner->own_urgency);
    EXPECT((word_at(PLAY_MEMORY) & LOCK_OWNER) == (waiter[2]->object.id & LOCK_OWNER));
    EXPECT((word_at(PLAY_MEMORY) & LOCK_WAITERS) != 0 && waiter[2]->urgency != waiter[1]->urgency);
    EXPECT(thread_kill_step(waiter[2]) && waiter[1]->state == THREAD_READY);
    EXPECT((int64_t)waiter[1]->frame.reg[0] == ERR_OWNER_DEAD);
    EXPECT(word_at(PLAY_MEMORY) == ((waiter[1]->object.id & LOCK_OWNER) | LOCK_OWNER_DEAD));
    EXPECT(tree_is_empty(&process->mutexes) && waiter[1]->spare_mutex != nullptr);
}

TEST("a lock's waiter pays for its owner")
{
    setup();
    uint32_t zero = 0;
    play_store(process, PLAY_MEMORY, &zero, sizeof zero);
    struct thread *owner = play_thread(process, 5), *waiter = play_thread(process, 20);
    struct budget budget = {.limit = 1000, .left = 1000, .references = 1, .thread = waiter};
    waiter->budget = &budget;
    schedule_update(waiter);
    EXPECT(lock(owner, PLAY_MEMORY) == OK && lock(waiter, PLAY_MEMORY) == CALL_DEFERRED);
    EXPECT(owner->payer == &budget && owner->limited && budget.references == 3);
    play_as(owner);
    EXPECT(sys_futex_unlock(PLAY_MEMORY) == OK && owner->payer == nullptr &&
           budget.references == 2);
}
