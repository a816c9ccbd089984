// SPDX-License-Identifier: MIT
// Locks that pass urgency on: the classic inversions, and owners that die. The test's own thread is
// the most urgent; it lets the others run until all wait.
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/thread.h>
#include <guest/guest.h>

enum : uint32_t { BOSS = 50, HIGH = 20, MIDDLE = 15, LOW = 10, DEPTH = 100 };
enum : uint64_t { GO = 1 };

// Somebody who takes `first` and then `second`, waits at his gate while he has both, gives them
// back, waits at the gate again, and ends.
struct actor {
    struct fe_lock *first, *second;
    uint32_t name;
    fe_handle gate, thread;
    enum status status; // of the second lock, or of the first if there is only one
    bool exits;         // while it has what it has
};

static char story[64];
static uint32_t story_length;

static void note(uint32_t name)
{
    story[story_length++] = (char)name;
}

static void act(void *argument)
{
    struct actor *actor = argument;
    uint64_t bits;
    if (actor->first != nullptr) actor->status = fe_lock_take_until(actor->first, FE_FOREVER);
    if (actor->second != nullptr) actor->status = fe_lock_take_until(actor->second, FE_FOREVER);
    note(actor->name);
    (void)!fe_event_wait(actor->gate, GO, FE_FOREVER, &bits);
    note(actor->name);
    if (actor->exits) return;
    bool has_last = actor->status == OK || actor->status == ERR_OWNER_DEAD;
    if (actor->second != nullptr && has_last) fe_lock_release(actor->second);
    if (actor->first != nullptr && (has_last || actor->second != nullptr)) {
        fe_lock_release(actor->first);
    }
    note(actor->name);
    (void)!fe_event_wait(actor->gate, GO, FE_FOREVER, &bits);
}

static bool enter(struct actor *actor, uint32_t priority)
{
    actor->status = ERR_BAD_STATE;
    return fe_event_create(&actor->gate) == OK &&
           fe_thread_spawn(act, actor, 16 << 10, priority, &actor->thread) == OK && guest_let_run();
}

static bool leave(struct actor *actor)
{
    (void)!fe_event_signal(actor->gate, GO);
    bool is_gone = guest_let_run();
    return fe_handle_close(actor->gate) == OK && fe_handle_close(actor->thread) == OK && is_gone;
}

static struct fe_thread_info look(fe_handle thread)
{
    struct fe_thread_info info = {};
    if (fe_thread_inspect(thread, &info) != OK) info.state = THREAD_DEAD;
    return info;
}

static uint32_t priority_of(const struct actor *actor)
{
    return look(actor->thread).priority;
}

static bool is_story(const char *text)
{
    bool same = strcmp(story, text) == 0;
    memset(story, 0, sizeof story);
    story_length = 0;
    return same;
}

TEST("three threads: the middle one does not keep the most urgent one waiting")
{
    static struct fe_lock lock;
    struct actor low = {&lock, .name = 'l'}, middle = {.name = 'm'}, high = {&lock, .name = 'h'};
    EXPECT(guest_turn_begin(BOSS) && enter(&low, LOW) && enter(&middle, MIDDLE) &&
           enter(&high, HIGH));
    EXPECT(is_story("lm"));
    EXPECT(priority_of(&low) == HIGH && look(high.thread).state == THREAD_LOCKING);
    EXPECT(fe_event_signal(middle.gate, GO) == OK && fe_event_signal(low.gate, GO) == OK);
    EXPECT(guest_let_run() && is_story("lhmml"));
    EXPECT(priority_of(&low) == LOW && high.status == OK);
    EXPECT(fe_event_signal(high.gate, GO) == OK && guest_let_run() && is_story("hh"));
    EXPECT(leave(&low) && leave(&middle) && leave(&high) && guest_turn_end() && lock.word == 0);
}

TEST("nested locks: urgency goes through, and each lock given up takes its part away")
{
    static struct fe_lock outer, inner;
    struct actor low = {&outer, &inner, .name = 'l'}, middle = {&inner, .name = 'm'};
    struct actor high = {&outer, .name = 'h'}, chain = {&inner, .name = 'c'};
    EXPECT(guest_turn_begin(BOSS) && enter(&low, LOW) && enter(&middle, MIDDLE) &&
           priority_of(&low) == MIDDLE);
    EXPECT(enter(&high, HIGH) && priority_of(&low) == HIGH);
    EXPECT(fe_thread_interrupt(high.thread) == OK && guest_let_run() &&
           high.status == ERR_INTERRUPTED);
    EXPECT(priority_of(&low) == MIDDLE);
    EXPECT(enter(&chain, HIGH + 1) && priority_of(&low) == HIGH + 1);
    EXPECT(fe_event_signal(low.gate, GO) == OK && guest_let_run());
    EXPECT(priority_of(&low) == LOW && look(middle.thread).state == THREAD_LOCKING);
    EXPECT(chain.status == OK && priority_of(&chain) == HIGH + 1);
    EXPECT(fe_event_signal(chain.gate, GO) == OK && guest_let_run() && middle.status == OK);
    EXPECT(fe_event_signal(middle.gate, GO) == OK && guest_let_run());
    high.first = nullptr; // it never had it
    EXPECT(fe_event_signal(high.gate, GO) == OK && guest_let_run());
    EXPECT(leave(&low) && leave(&middle) && leave(&high) && leave(&chain) && guest_turn_end());
    EXPECT(outer.word == 0 && inner.word == 0);
    (void)is_story("");
}

TEST("a chain of a hundred locks passes urgency to its end, and takes it back")
{
    static struct fe_lock lock[DEPTH];
    static struct actor actor[DEPTH];
    EXPECT(guest_turn_begin(BOSS));
    for (uint32_t i = 0; i < DEPTH; i++) {
        actor[i] = (struct actor){&lock[i], i == 0 ? nullptr : &lock[i - 1], .name = '.'};
        story_length = 0;
        EXPECT(enter(&actor[i], LOW));
    }
    struct actor high = {&lock[DEPTH - 1], .name = 'h'};
    EXPECT(enter(&high, HIGH));
    for (uint32_t i = 0; i < DEPTH; i++) EXPECT(priority_of(&actor[i]) == HIGH);
    EXPECT(fe_thread_interrupt(high.thread) == OK && guest_let_run());
    for (uint32_t i = 0; i < DEPTH; i++) EXPECT(priority_of(&actor[i]) == LOW);
    high.first = nullptr;
    EXPECT(fe_event_signal(high.gate, GO) == OK && guest_let_run() && leave(&high));
    for (uint32_t i = 0; i < DEPTH; i++) {
        story_length = 0;
        EXPECT(fe_event_signal(actor[i].gate, GO) == OK && guest_let_run() &&
               actor[i].status == OK);
        EXPECT(leave(&actor[i]));
    }
    EXPECT(guest_turn_end());
    (void)is_story("");
}

TEST("a deadline is inherited like a priority")
{
    static struct fe_lock lock;
    struct actor late = {&lock, .name = 'l'}, middle = {.name = 'm'}, early = {&lock, .name = 'e'};
    struct fe_schedule schedule = {.priority = LOW, .relative_deadline = 3000 * SECOND};
    EXPECT(guest_turn_begin(BOSS) && enter(&late, LOW) &&
           fe_thread_schedule(late.thread, &schedule) == OK);
    uint64_t own = look(late.thread).deadline;
    schedule.relative_deadline = 2000 * SECOND;
    EXPECT(enter(&middle, LOW) && fe_thread_schedule(middle.thread, &schedule) == OK);
    EXPECT(enter(&early, LOW) && look(late.thread).deadline == own);
    schedule.relative_deadline = 1000 * SECOND;
    EXPECT(fe_thread_schedule(early.thread, &schedule) == OK); // while it waits
    EXPECT(look(late.thread).deadline == look(early.thread).deadline);
    EXPECT(look(late.thread).deadline < look(middle.thread).deadline);
    EXPECT(is_story("lm"));
    EXPECT(fe_event_signal(middle.gate, GO) == OK && fe_event_signal(late.gate, GO) == OK);
    EXPECT(guest_let_run() && is_story("lemml") && look(late.thread).deadline == own);
    EXPECT(fe_event_signal(early.gate, GO) == OK && guest_let_run());
    EXPECT(leave(&late) && leave(&middle) && leave(&early) && guest_turn_end());
    (void)is_story("");
}

TEST("an owner that dies is told to the next, who waits already or comes later")
{
    static struct fe_lock lock;
    struct actor owner = {&lock, .name = 'o', .exits = true};
    struct actor waiter = {&lock, .name = 'w', .exits = true}, other = {&lock, .name = 'x'};
    EXPECT(guest_turn_begin(BOSS) && enter(&owner, LOW) && enter(&waiter, MIDDLE));
    EXPECT(leave(&owner) && waiter.status == ERR_OWNER_DEAD);
    EXPECT(enter(&other, HIGH) && priority_of(&waiter) == HIGH);
    EXPECT(leave(&waiter) && other.status == ERR_OWNER_DEAD);
    fe_lock_mend(&lock);
    EXPECT((lock.word & LOCK_OWNER_DEAD) == 0);
    other.exits = true;
    EXPECT(leave(&other) && lock.word != 0);
    EXPECT(fe_lock_take_until(&lock, 0) == ERR_OWNER_DEAD); // nobody waited when it died
    fe_lock_release(&lock);
    EXPECT(fe_lock_take_until(&lock, 0) == ERR_OWNER_DEAD); // nor was it mended
    fe_lock_mend(&lock);
    fe_lock_release(&lock);
    EXPECT(lock.word == 0 && guest_turn_end());
    (void)is_story("");
}

TEST("a lock is tried, taken twice, waited for until a time, and given up by its owner only")
{
    static struct fe_lock lock;
    struct actor owner = {&lock, .name = 'o'};
    EXPECT(guest_turn_begin(BOSS) && enter(&owner, LOW));
    EXPECT(!fe_lock_try(&lock) && fe_lock_take_until(&lock, 0) == ERR_TIMED_OUT);
    EXPECT(fe_lock_take_until(&lock, fe_clock_after(MILLISECOND)) == ERR_TIMED_OUT);
    EXPECT(priority_of(&owner) == LOW);
    EXPECT(fe_futex_unlock((uintptr_t)&lock) == ERR_BAD_STATE);
    EXPECT(fe_event_signal(owner.gate, GO) == OK && guest_let_run() && leave(&owner));
    EXPECT(fe_lock_try(&lock) && fe_lock_take_until(&lock, FE_FOREVER) == ERR_DEADLOCK);
    fe_lock_release(&lock);
    EXPECT(fe_futex_unlock((uintptr_t)&lock) == ERR_BAD_STATE && guest_turn_end());
    (void)is_story("");
}

TEST("bad addresses of locks are refused")
{
    static uint32_t word, moved;
    EXPECT(fe_futex_lock(kernel_address, FE_FOREVER) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_lock(unmapped_address, FE_FOREVER) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_lock((uintptr_t)&word + 1, FE_FOREVER) == ERR_BAD_ARGUMENT);
    EXPECT(fe_futex_unlock(kernel_address) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_unlock((uintptr_t)&word + 2) == ERR_BAD_ARGUMENT);
    EXPECT(fe_futex_requeue_lock(kernel_address, 1, (uintptr_t)&word, &moved) == ERR_BAD_ADDRESS);
    EXPECT(fe_futex_requeue_lock((uintptr_t)&word, 1, (uintptr_t)&word, &moved) ==
           ERR_BAD_ARGUMENT);
    word = LOCK_OWNER;
    EXPECT(fe_futex_lock((uintptr_t)&word, FE_FOREVER) == ERR_BAD_STATE);
}

// --- Conditions --------------------------------------------------------------------------------

static struct fe_lock guard;
static struct fe_condition changed;
static uint32_t to_give;

static void take_one(void *argument)
{
    fe_lock_take(&guard);
    while (to_give == 0) {
        if (fe_condition_wait(&changed, &guard, FE_FOREVER) != OK) break;
    }
    to_give--;
    note((uint32_t)(uintptr_t)argument);
    fe_lock_release(&guard);
}

TEST("who waits for a condition is moved to the lock, and gets it by urgency")
{
    EXPECT(guest_turn_begin(BOSS));
    for (uint32_t i = 0; i < 4; i++) {
        EXPECT(guest_thread(take_one, (void *)(uintptr_t)('a' + i), LOW + i) == OK &&
               guest_let_run());
    }
    fe_lock_take(&guard);
    to_give = 1;
    fe_condition_signal(&changed, &guard);
    EXPECT(guest_let_run() && is_story("") && (guard.word & LOCK_WAITERS) != 0);
    fe_lock_release(&guard);
    EXPECT(guest_let_run() && is_story("a")); // signals go in order of waiting
    fe_lock_take(&guard);
    to_give = 3;
    fe_condition_broadcast(&changed, &guard);
    fe_lock_release(&guard);
    EXPECT(guest_let_run() && is_story("dcb") && guard.word == 0 && to_give == 0);
    fe_lock_take(&guard);
    EXPECT(fe_condition_wait(&changed, &guard, fe_clock_after(MILLISECOND)) == ERR_TIMED_OUT);
    fe_lock_release(&guard);
    EXPECT(guard.word == 0 && guest_turn_end());
}
