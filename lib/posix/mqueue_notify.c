// SPDX-License-Identifier: MIT
// mq_notify, in the place of the C library's own: a thread waits for the message. It has only the
// number of the registration, so it ends when the queue is closed.
#include "call.h"
#include "signals.h"
#include "thread.h"
#include <9p/client.h>
#include <errno.h>
#include <limits.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum : size_t { STACK_SIZE = 32 * 1024 };

struct notice {
    struct p9_file *folder;
    uint64_t number;
    struct sigevent event;
};

// 1: a message came; 0: the registration was taken back.
static bool wait_for_it(const struct notice *notice)
{
    for (;;) {
        struct p9_control ask = {.request = CONTROL_QUEUE_NOTICE,
                                 .data = &notice->number,
                                 .size = sizeof notice->number,
                                 .deadline = FE_FOREVER};
        int error = p9_control(notice->folder, &ask);
        if (error != -EINTR) return error == 0 && ask.value == 1;
        (void)signal_ended_wait(thread_self());
    }
}

static void *run(void *argument)
{
    struct notice notice = *(struct notice *)argument;
    free(argument);
    const struct sigevent *event = &notice.event;
    bool has_come = wait_for_it(&notice);
    p9_close(notice.folder);
    if (has_come && event->sigev_notify == SIGEV_THREAD) {
        event->sigev_notify_function(event->sigev_value);
    } else if (has_come) {
        siginfo_t info = {.si_signo = event->sigev_signo, .si_code = SI_MESGQ};
        info.si_value = event->sigev_value;
        (void)call_rt_sigqueueinfo(
            (const int64_t[6]){call_getpid(nullptr), event->sigev_signo, (intptr_t)&info});
    }
    return nullptr;
}

static int start(struct notice *notice)
{
    pthread_t thread;
    pthread_attr_t attributes;
    const pthread_attr_t *given = notice->event.sigev_notify_attributes;
    bool is_thread = notice->event.sigev_notify == SIGEV_THREAD;
    pthread_attr_init(&attributes);
    if (is_thread && given != nullptr) attributes = *given;
    if (!is_thread) pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    return pthread_create(&thread, &attributes, run, notice);
}

static int tell(mqd_t queue, uint32_t wish, uint64_t *number)
{
    return (int)call_mq_notify((const int64_t[6]){queue, wish, (intptr_t)number});
}

// The folder is there before the registration, and the thread after it.
static int begin(mqd_t queue, const struct sigevent *event)
{
    struct notice *notice = malloc(sizeof *notice);
    if (notice == nullptr) return ENOMEM;
    *notice = (struct notice){.event = *event};
    int error = -p9_open("/dev/mqueue", OPEN_DIRECTORY, 0, &notice->folder);
    if (error != 0) {
        free(notice);
        return error == ENOENT ? EBADF : error;
    }
    struct p9_file *folder = notice->folder;
    error = -tell(queue, FE_QUEUE_NOTIFY_ASKED, &notice->number);
    if (error == 0) {
        error = start(notice);
        if (error != 0) (void)tell(queue, FE_QUEUE_NOTIFY_NONE, nullptr);
    }
    if (error == 0) return 0;
    p9_close(folder);
    free(notice);
    return error;
}

static bool is_valid(const struct sigevent *event)
{
    if (event->sigev_notify == SIGEV_THREAD) return event->sigev_notify_function != nullptr;
    return event->sigev_notify == SIGEV_SIGNAL && event->sigev_signo > 0 &&
           event->sigev_signo < SIGNAL_COUNT;
}

int mq_notify(mqd_t queue, const struct sigevent *event)
{
    sigset_t all, before;
    int error = EINVAL;
    if (event == nullptr || event->sigev_notify == SIGEV_NONE) {
        error =
            -tell(queue, event == nullptr ? FE_QUEUE_NOTIFY_NONE : FE_QUEUE_NOTIFY_SILENT, nullptr);
    } else if (is_valid(event)) { // the thread lets no signal in
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        error = begin(queue, event);
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    if (error == 0) return 0;
    errno = error;
    return -1;
}
