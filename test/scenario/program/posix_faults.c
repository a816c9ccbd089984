// SPDX-License-Identifier: MIT
// What a program does that it may not, as signals to its handlers.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/test/posix_faults"

// Without an MMU nothing below a stack is kept free.
#if defined __riscv && __riscv_xlen == 32
static const bool has_guards = false;
#else
static const bool has_guards = true;
#endif

// NOLINTBEGIN(bugprone-signal-handler): they are what is tried here.
static sigjmp_buf back;
static volatile siginfo_t told;
static volatile int runs;
static volatile bool was_aside;
static long page;
static _Alignas(16) char room[4 * SIGSTKSZ];

static void note(int number, siginfo_t *info, void *)
{
    char here;
    told = *info;
    was_aside = (uintptr_t)&here - (uintptr_t)room < sizeof room;
    runs += number == info->si_signo;
}

static void leave(int number, siginfo_t *info, void *context)
{
    note(number, info, context);
    siglongjmp(back, 1);
}

static void mend(int number, siginfo_t *info, void *context)
{
    note(number, info, context);
    mprotect((void *)((uintptr_t)info->si_addr & -(uintptr_t)page), (size_t)page,
             PROT_READ | PROT_WRITE);
}

static bool use(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    runs = 0;
    was_aside = false;
    memset((void *)&told, 0, sizeof told);
    return sigaction(number, &action, nullptr) == 0;
}

static char *map(size_t size, int protection)
{
    return mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

// Whether touching it is a fault, which the handler leaves.
static bool faults(volatile char *at, bool writes)
{
    if (sigsetjmp(back, 1) != 0) return true;
    if (writes)
        *at = 1;
    else
        (void)*at;
    return false;
}

static bool was_told(int number, int code, const volatile void *address)
{
    return told.si_signo == number && told.si_code == code && told.si_addr == address;
}

static void use_stack(int depth)
{
    volatile char much[512];
    much[0] = (char)depth;
    if (depth >= 0) use_stack(depth + 1); // always
    much[1] = 0;
}

static void job_overflow(void)
{
    use_stack(0);
}

static void job_segv(void)
{
    *(volatile char *)(uintptr_t)16 = 1;
}

static void job_blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    use(SIGSEGV, leave, 0);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    job_segv();
}

static void again(int number)
{
    job_segv();
}

static void job_nested(void)
{
    signal(SIGSEGV, again);
    job_segv();
}

static void job_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    job_segv();
}

// Caught at first, and given back.
static void job_default(void)
{
    use(SIGSEGV, leave, 0);
    signal(SIGSEGV, SIG_DFL);
    job_segv();
}

static const struct {
    const char *name;
    void (*run)(void);
} jobs[] = {
    {"segv", job_segv},       {"blocked", job_blocked}, {"nested", job_nested},
    {"ignored", job_ignored}, {"default", job_default}, {"overflow", job_overflow},
};

static int ended_by(const char *job)
{
    int status = 0;
    pid_t pid = start_job(PROGRAM, job);
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

// The first: what is to be done in another process.
TEST("a handler is told where and why, and may leave by a jump")
{
    const char *job = getenv("JOB");
    for (size_t i = 0; job != nullptr && i < sizeof jobs / sizeof *jobs; i++)
        if (strcmp(job, jobs[i].name) == 0) jobs[i].run();
    if (job != nullptr) _exit(9);
    page = sysconf(_SC_PAGESIZE);
    char *at = map(2 * (size_t)page, PROT_READ | PROT_WRITE);
    EXPECT(at != MAP_FAILED && mprotect(at, (size_t)page, PROT_READ) == 0);
    EXPECT(use(SIGSEGV, leave, 0));
    EXPECT(faults(at + 5, true) && was_told(SIGSEGV, SEGV_ACCERR, at + 5));
    EXPECT(!faults(at + 5, false) && !faults(at + page, true));
    EXPECT(munmap(at, 2 * (size_t)page) == 0);
    for (int i = 0; i < 100; i++)
        EXPECT(faults(at, i % 2 == 0) && was_told(SIGSEGV, SEGV_MAPERR, at));
    EXPECT(runs == 101 && faults((char *)(uintptr_t)16, false));
}

TEST("a handler that has mended it returns, and nothing is lost")
{
    char *at = map(64 * (size_t)page, PROT_NONE);
    double sum = 0.5;
    int kept = errno = 77;
    EXPECT(at != MAP_FAILED && use(SIGSEGV, mend, 0));
    for (int i = 0; i < 64; i++) {
        at[i * page + 3] = (char)(i + 1);
        sum += at[i * page + 3] + 0.25;
    }
    EXPECT(runs == 64 && sum == 0.5 + 32 * 65 + 16 && errno == kept);
    EXPECT(munmap(at, 64 * (size_t)page) == 0);
}

TEST("what is behind the end of a file is a SIGBUS")
{
    int file = open("/tmp/faults", O_RDWR | O_CREAT | O_TRUNC, 0600);
    EXPECT(file >= 0 && ftruncate(file, 2 * page) == 0);
    char *at = mmap(nullptr, 2 * (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    EXPECT(at != MAP_FAILED && use(SIGBUS, leave, 0) && at[page + 1] == 0);
    EXPECT(ftruncate(file, page) == 0 && at[page - 1] == 0);
    EXPECT(faults(at + page + 1, false) && was_told(SIGBUS, BUS_ADRERR, at + page + 1));
    EXPECT(munmap(at, 2 * (size_t)page) == 0 && close(file) == 0 && unlink("/tmp/faults") == 0);
}

TEST("what is no instruction is a SIGILL, and a division by zero a SIGFPE where the machine tells")
{
    EXPECT(use(SIGILL, leave, 0));
    if (sigsetjmp(back, 1) == 0) {
#if defined __aarch64__
        __asm__ volatile("udf #0");
#elif defined __riscv
        __asm__ volatile("unimp");
#else
        __asm__ volatile("ud2");
#endif
    }
    EXPECT(runs == 1 && told.si_signo == SIGILL && told.si_code == ILL_ILLOPC);
    EXPECT(told.si_addr != nullptr);
#if defined __x86_64__ || defined __i386__
    volatile int zero = 0, result = 1;
    EXPECT(use(SIGFPE, leave, 0));
    if (sigsetjmp(back, 1) == 0) result = result / zero;
    EXPECT(runs == 1 && told.si_signo == SIGFPE && told.si_code == FPE_INTDIV && result == 1);
#endif
}

static bool give(void *at, size_t size)
{
    stack_t wish = {.ss_sp = at, .ss_size = size, .ss_flags = at == nullptr ? SS_DISABLE : 0};
    return sigaltstack(&wish, nullptr) == 0;
}

TEST("a stack that is full is found out, and told on the other one")
{
    EXPECT(give(room, sizeof room) && use(SIGSEGV, leave, SA_ONSTACK));
    for (int i = 0; has_guards && i < 3; i++) {
        if (sigsetjmp(back, 1) == 0) use_stack(0);
        EXPECT(runs == i + 1 && was_aside && told.si_signo == SIGSEGV);
    }
    EXPECT(faults((char *)(uintptr_t)16, true) && was_aside);
    EXPECT(use(SIGSEGV, leave, 0) && faults((char *)(uintptr_t)16, true) && !was_aside);
    EXPECT(give(nullptr, 0));
}

static void *overflow_aside(void *own)
{
    if (!give(own, sizeof room / 2)) return nullptr;
    if (sigsetjmp(back, 1) == 0) use_stack(0);
    return was_aside ? own : nullptr;
}

TEST("so it is on another thread, with a stack of its own")
{
    pthread_t thread;
    void *result;
    if (!has_guards) return;
    EXPECT(use(SIGSEGV, leave, SA_ONSTACK));
    EXPECT(pthread_create(&thread, nullptr, overflow_aside, room) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == room && runs == 1);
}

TEST("without a handler, ignored, blocked, within it, or without a stack for it: the process ends")
{
    EXPECT(ended_by("segv") == SIGSEGV && ended_by("ignored") == SIGSEGV);
    EXPECT(ended_by("blocked") == SIGSEGV && ended_by("nested") == SIGSEGV);
    EXPECT(ended_by("default") == SIGSEGV);
    EXPECT(!has_guards || ended_by("overflow") == SIGSEGV);
}

TEST("what others send is told apart, and a call that fails for a bad address is no fault")
{
    EXPECT(use(SIGSEGV, note, 0) && raise(SIGSEGV) == 0 && runs == 1 && told.si_code <= 0);
    EXPECT(write(1, (const void *)(uintptr_t)16, 1) == -1 && errno == EFAULT && runs == 1);
    EXPECT(signal(SIGSEGV, SIG_DFL) != SIG_ERR);
}
// NOLINTEND(bugprone-signal-handler)
