// SPDX-License-Identifier: MIT
// The stack that handlers of signals may have for themselves.
#include "test/unit.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

// NOLINTBEGIN(bugprone-signal-handler): they are what is tried here.
static _Alignas(16) char room[SIGSTKSZ];
static volatile int runs;
static volatile bool was_on, was_told, was_nested;

static bool is_on(void)
{
    stack_t now;
    char here;
    bool told = sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_ONSTACK) != 0;
    was_told = told;
    return (uintptr_t)&here - (uintptr_t)room < sizeof room;
}

static void look(int number)
{
    was_on = is_on();
    runs++;
}

static void raise_another(int number)
{
    raise(SIGUSR2);
    was_nested = was_on;
    was_on = is_on();
}

static bool use(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    runs = 0;
    was_on = was_told = was_nested = false;
    return sigaction(number, &action, nullptr) == 0;
}

static bool give(void *at, size_t size, int flags)
{
    stack_t wish = {.ss_sp = at, .ss_size = size, .ss_flags = flags};
    return sigaltstack(&wish, nullptr) == 0;
}

TEST("who asks for it gets it, in a call and in the midst of computing")
{
    stack_t now;
    EXPECT(sigaltstack(nullptr, &now) == 0 && now.ss_flags == SS_DISABLE);
    EXPECT(give(room, sizeof room, 0) && use(SIGUSR1, look, SA_ONSTACK));
    EXPECT(raise(SIGUSR1) == 0 && runs == 1 && was_on && was_told);
    EXPECT(use(SIGALRM, look, SA_ONSTACK) && alarm(1) == 0);
    while (runs == 0) continue;
    EXPECT(was_on && was_told && !is_on());
    EXPECT(use(SIGUSR1, look, 0) && raise(SIGUSR1) == 0 && runs == 1 && !was_on && !was_told);
    EXPECT(sigaltstack(nullptr, &now) == 0 && now.ss_flags == 0);
    EXPECT(now.ss_sp == room && now.ss_size == sizeof room);
}

TEST("another handler goes on there, and a third starts anew after both")
{
    EXPECT(use(SIGUSR2, look, SA_ONSTACK) && use(SIGUSR1, raise_another, SA_ONSTACK));
    EXPECT(raise(SIGUSR1) == 0 && was_nested && was_on && raise(SIGUSR2) == 0 && was_on);
    EXPECT(use(SIGUSR2, look, 0) && raise(SIGUSR1) == 0 && was_nested); // where it is called
}

static sigjmp_buf back;

static void leave(int number)
{
    was_on = is_on();
    siglongjmp(back, 1);
}

TEST("a handler may leave it by a jump")
{
    for (int i = 0; i < 3; i++) {
        EXPECT(use(SIGUSR1, leave, SA_ONSTACK));
        if (sigsetjmp(back, 1) == 0) raise(SIGUSR1);
        EXPECT(was_on && was_told && !is_on());
    }
}

static volatile int told_there;

static void change_there(int number)
{
    told_there = give(room, sizeof room, 0) ? 0 : errno;
}

TEST("it cannot be changed from there, nor be too small, nor of an unknown kind")
{
    EXPECT(use(SIGUSR1, change_there, SA_ONSTACK) && raise(SIGUSR1) == 0 && told_there == EPERM);
    EXPECT(!give(room, MINSIGSTKSZ - 1, 0) && errno == ENOMEM);
    EXPECT(!give(room, sizeof room, 1 << 20) && errno == EINVAL);
    EXPECT(use(SIGUSR1, look, SA_ONSTACK) && raise(SIGUSR1) == 0 && was_on);
    EXPECT(give(nullptr, 0, SS_DISABLE) && raise(SIGUSR1) == 0 && !was_on);
}

static void *look_aside(void *unused)
{
    stack_t now;
    bool none = sigaltstack(nullptr, &now) == 0 && now.ss_flags == SS_DISABLE;
    raise(SIGUSR1);
    return none && !was_on ? room : nullptr;
}

TEST("another thread has none until it asks for one")
{
    pthread_t thread;
    void *result;
    EXPECT(give(room, sizeof room, 0) && use(SIGUSR1, look, SA_ONSTACK));
    EXPECT(pthread_create(&thread, nullptr, look_aside, nullptr) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == room && runs == 1);
}

static void tell(int number, siginfo_t *info, void *context)
{
    const ucontext_t *machine = context;
    was_told = machine->uc_stack.ss_sp == room && machine->uc_stack.ss_size == sizeof room;
}

TEST("a handler that wants to know is told of it")
{
    struct sigaction action = {.sa_sigaction = tell, .sa_flags = SA_ONSTACK | SA_SIGINFO};
    was_told = false;
    EXPECT(sigaction(SIGUSR1, &action, nullptr) == 0);
    EXPECT(raise(SIGUSR1) == 0 && was_told);
}
// NOLINTEND(bugprone-signal-handler)
