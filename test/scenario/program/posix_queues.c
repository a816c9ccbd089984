// SPDX-License-Identifier: MIT
// Message queues and named semaphores, between threads and between processes.
#include "support.h"
#include "test/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "/test/posix_queues"

enum : size_t { SIZE = 16 };

static mqd_t fresh(const char *name, int flags)
{
    struct mq_attr shape = {.mq_maxmsg = 3, .mq_msgsize = SIZE};
    mq_unlink(name);
    return mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600, &shape);
}

static bool next_is(mqd_t queue, const char *text, unsigned priority)
{
    char buffer[SIZE];
    unsigned got = 99;
    ssize_t size = mq_receive(queue, buffer, sizeof buffer, &got);
    return size == (ssize_t)strlen(text) && memcmp(buffer, text, strlen(text)) == 0 &&
           got == priority;
}

static int do_job(const char *job)
{
    char buffer[SIZE];
    mqd_t queue = mq_open("/other", O_RDWR);
    struct sigevent nothing = {.sigev_notify = SIGEV_NONE};
    if (queue < 0) return 1;
    if (strcmp(job, "answer") == 0) {
        ssize_t size = mq_receive(queue, buffer, sizeof buffer, nullptr);
        return size == 4 && mq_send(queue, "pong", 4, 0) == 0 ? 7 : 2;
    }
    if (strcmp(job, "listen") == 0) return mq_notify(queue, &nothing) == 0 ? 7 : 3;
    if (strcmp(job, "wait") == 0) return mq_receive(queue, buffer, sizeof buffer, nullptr) >= 0;
    sem_t *semaphore = sem_open("/turn", 0);
    return semaphore != SEM_FAILED && sem_post(semaphore) == 0 ? 7 : 4;
}

// The first: what is to be done in the other process.
TEST("a queue is found by its name in another process, and goes on when that ends")
{
    if (getenv("JOB") != nullptr) _exit(do_job(getenv("JOB")));
    mqd_t queue = fresh("/other", 0);
    EXPECT(queue >= 0 && mq_send(queue, "ping", 4, 0) == 0);
    EXPECT(exit_code(start_job(PROGRAM, "answer")) == 7);
    EXPECT(next_is(queue, "pong", 0));
    EXPECT(exit_code(start_job(PROGRAM, "listen")) == 7); // its registration ended with it
    struct sigevent nothing = {.sigev_notify = SIGEV_NONE};
    EXPECT(mq_notify(queue, &nothing) == 0);
    EXPECT(mq_notify(queue, &nothing) == -1 && errno == EBUSY);
    EXPECT(exit_code(start_job(PROGRAM, "listen")) == 3 && mq_notify(queue, nullptr) == 0);
    pid_t waiting = start_job(PROGRAM, "wait");
    EXPECT(waiting > 0 && usleep(50'000) == 0 && kill(waiting, SIGKILL) == 0);
    EXPECT(exit_code(waiting) == -1 && mq_send(queue, "mine", 4, 0) == 0);
    EXPECT(next_is(queue, "mine", 0)); // the killed one did not get it
    EXPECT(mq_unlink("/other") == 0 && mq_close(queue) == 0);
}

TEST("messages come by priority, then by age; a queue tells what is in it")
{
    struct mq_attr told;
    mqd_t queue = fresh("/order", 0);
    EXPECT(mq_send(queue, "a", 1, 1) == 0 && mq_send(queue, "b", 1, 5) == 0);
    EXPECT(mq_send(queue, "c", 1, 1) == 0 && mq_getattr(queue, &told) == 0);
    EXPECT(told.mq_curmsgs == 3 && told.mq_maxmsg == 3 && told.mq_msgsize == SIZE);
    EXPECT(next_is(queue, "b", 5) && next_is(queue, "a", 1) && next_is(queue, "c", 1));
    EXPECT(mq_send(queue, "", 0, 32767) == 0 && next_is(queue, "", 32767));
    EXPECT(mq_close(queue) == 0 && mq_unlink("/order") == 0);
}

TEST("who may not wait is told, who waits with a deadline is told then")
{
    char buffer[SIZE];
    struct mq_attr nonblock = {.mq_flags = O_NONBLOCK}, told, waits = {};
    struct timespec soon = after(20'000'000), bad = {.tv_nsec = -1};
    mqd_t queue = fresh("/wait", 0);
    EXPECT(mq_timedreceive(queue, buffer, SIZE, nullptr, &soon) == -1 && errno == ETIMEDOUT);
    EXPECT(mq_timedreceive(queue, buffer, SIZE, nullptr, &bad) == -1 && errno == EINVAL);
    EXPECT(mq_setattr(queue, &nonblock, nullptr) == 0 && mq_getattr(queue, &told) == 0);
    EXPECT(told.mq_flags == O_NONBLOCK);
    EXPECT(mq_receive(queue, buffer, SIZE, nullptr) == -1 && errno == EAGAIN);
    EXPECT(mq_timedsend(queue, "x", 1, 0, &bad) == 0); // without waiting the time does not matter
    for (int i = 0; i < 2; i++) EXPECT(mq_send(queue, "x", 1, 0) == 0);
    EXPECT(mq_send(queue, "x", 1, 0) == -1 && errno == EAGAIN);
    EXPECT(mq_setattr(queue, &waits, &told) == 0 && told.mq_flags == O_NONBLOCK);
    soon = after(20'000'000);
    EXPECT(mq_timedsend(queue, "x", 1, 0, &soon) == -1 && errno == ETIMEDOUT);
    EXPECT(mq_getattr(queue, &told) == 0 && told.mq_curmsgs == 3);
    EXPECT(mq_close(queue) == 0 && mq_unlink("/wait") == 0);
}

static void *receive_three(void *queue)
{
    bool is_right = next_is(*(mqd_t *)queue, "1", 0) && next_is(*(mqd_t *)queue, "2", 0) &&
                    next_is(*(mqd_t *)queue, "3", 0);
    return (void *)(long)is_right;
}

TEST("a receiver that waits gets what comes, and poll tells when something is there")
{
    pthread_t thread;
    void *result;
    mqd_t queue = fresh("/thread", 0);
    struct pollfd wish = {.fd = queue, .events = POLLIN | POLLOUT};
    EXPECT(poll(&wish, 1, 0) == 1 && wish.revents == POLLOUT);
    EXPECT(pthread_create(&thread, nullptr, receive_three, &queue) == 0);
    EXPECT(mq_send(queue, "1", 1, 0) == 0 && mq_send(queue, "2", 1, 0) == 0);
    EXPECT(mq_send(queue, "3", 1, 0) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == (void *)1);
    for (int i = 0; i < 3; i++) EXPECT(mq_send(queue, "x", 1, 0) == 0);
    EXPECT(poll(&wish, 1, -1) == 1 && wish.revents == POLLIN);
    EXPECT(mq_close(queue) == 0 && mq_unlink("/thread") == 0);
}

TEST("what is wrong with a queue is said")
{
    char buffer[SIZE], text[160], name[300] = "/";
    struct mq_attr none = {}, large = {.mq_maxmsg = 1, .mq_msgsize = 1 << 20};
    struct mq_attr many = {.mq_maxmsg = 1 << 30, .mq_msgsize = SIZE};
    mqd_t queue = fresh("/wrong", 0), reader = mq_open("/wrong", O_RDONLY);
    EXPECT(mq_open("/wrong", O_RDWR | O_CREAT | O_EXCL, 0600, nullptr) == -1 && errno == EEXIST);
    EXPECT(mq_open("/absent", O_RDWR) == -1 && errno == ENOENT);
    EXPECT(mq_open("/a/b", O_RDWR | O_CREAT, 0600, nullptr) == -1 && errno == EACCES);
    EXPECT(mq_open("/", O_RDWR | O_CREAT, 0600, nullptr) == -1 && errno == EINVAL);
    memset(name + 1, 'n', sizeof name - 2);
    EXPECT(mq_open(name, O_RDWR | O_CREAT, 0600, nullptr) == -1 && errno == ENAMETOOLONG);
    EXPECT(mq_open("/none", O_RDWR | O_CREAT, 0600, &none) == -1 && errno == EINVAL);
    EXPECT(mq_open("/none", O_RDWR | O_CREAT, 0600, &large) == -1 && errno == EINVAL);
    EXPECT(mq_open("/none", O_RDWR | O_CREAT, 0600, &many) == -1 && errno == ENOSPC);
    EXPECT(mq_send(queue, text, SIZE + 1, 0) == -1 && errno == EMSGSIZE);
    EXPECT(mq_send(queue, text, 1, 32768) == -1 && errno == EINVAL);
    EXPECT(mq_receive(queue, buffer, SIZE - 1, nullptr) == -1 && errno == EMSGSIZE);
    EXPECT(mq_send(reader, "x", 1, 0) == -1 && errno == EBADF);
    EXPECT(mq_send(0, "x", 1, 0) == -1 && errno == EBADF);
    EXPECT(mq_getattr(-1, &none) == -1 && errno == EBADF);
    EXPECT(read(reader, text, sizeof text) > 16 && memcmp(text, "messages 0 of 3\n", 16) == 0);
    EXPECT(mq_unlink("/wrong") == 0);
    EXPECT(mq_unlink("/wrong") == -1 && errno == ENOENT);
    EXPECT(mq_send(queue, "still", 5, 0) == 0 && next_is(reader, "still", 0));
    EXPECT(mq_close(queue) == 0 && mq_close(reader) == 0);
    EXPECT(mq_close(reader) == -1 && errno == EBADF);
}

TEST("a signal tells of the first message, once")
{
    siginfo_t info;
    sigset_t wanted;
    struct timespec now = {};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    event.sigev_value.sival_int = 5;
    mqd_t queue = fresh("/told", 0);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    EXPECT(sigprocmask(SIG_BLOCK, &wanted, nullptr) == 0);
    EXPECT(mq_notify(queue, &event) == 0 && mq_send(queue, "x", 1, 0) == 0);
    EXPECT(sigwaitinfo(&wanted, &info) == SIGUSR1);
    EXPECT(info.si_code == SI_MESGQ && info.si_value.sival_int == 5);
    EXPECT(mq_send(queue, "y", 1, 0) == 0 && mq_notify(queue, &event) == 0);
    EXPECT(mq_send(queue, "z", 1, 0) == 0); // it was not empty
    EXPECT(mq_notify(queue, nullptr) == 0 && next_is(queue, "x", 0) && next_is(queue, "y", 0));
    EXPECT(next_is(queue, "z", 0) && mq_send(queue, "u", 1, 0) == 0); // nobody is registered
    EXPECT(sigtimedwait(&wanted, nullptr, &now) == -1 && errno == EAGAIN);
    EXPECT(mq_close(queue) == 0 && mq_unlink("/told") == 0);
}

static sem_t told;
static int told_value;

static void tell(union sigval value)
{
    told_value = value.sival_int;
    sem_post(&told);
}

TEST("a thread tells of it, and a closed queue is not listened to any more")
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = tell};
    event.sigev_value.sival_int = 8;
    mqd_t queue = fresh("/called", 0), other = mq_open("/called", O_RDWR);
    EXPECT(sem_init(&told, 0, 0) == 0 && mq_notify(queue, &event) == 0);
    EXPECT(mq_notify(other, &event) == -1 && errno == EBUSY);
    EXPECT(mq_send(queue, "x", 1, 0) == 0 && sem_wait(&told) == 0 && told_value == 8);
    EXPECT(mq_notify(queue, &event) == 0 && mq_close(queue) == 0);
    EXPECT(mq_notify(other, &event) == 0 && next_is(other, "x", 0));
    EXPECT(mq_send(other, "y", 1, 0) == 0 && sem_wait(&told) == 0);
    EXPECT(mq_close(other) == 0 && mq_unlink("/called") == 0);
}

TEST("a semaphore is found by its name in another process")
{
    sem_unlink("/turn");
    sem_t *semaphore = sem_open("/turn", O_CREAT | O_EXCL, 0600, 0);
    EXPECT(semaphore != SEM_FAILED && sem_open("/turn", O_CREAT, 0600, 3) == semaphore);
    EXPECT(sem_open("/turn", O_CREAT | O_EXCL, 0600, 0) == SEM_FAILED && errno == EEXIST);
    mqd_t queue = fresh("/other", 0);
    pid_t pid = start_job(PROGRAM, "post");
    EXPECT(sem_wait(semaphore) == 0 && exit_code(pid) == 7 && sem_trywait(semaphore) == -1);
    EXPECT(sem_close(semaphore) == 0 && sem_close(semaphore) == 0 && sem_unlink("/turn") == 0);
    EXPECT(sem_unlink("/turn") == -1 && errno == ENOENT);
    EXPECT(mq_close(queue) == 0 && mq_unlink("/other") == 0);
}
