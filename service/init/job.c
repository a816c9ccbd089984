// SPDX-License-Identifier: MIT
// Work that calls services is done by a second thread, because a service may be waiting for init at
// the same moment. Jobs go to the thread by a list under a lock, and come back by another one.
#include "init.h"

#include <abi/syscalls.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/thread.h>

enum : uint32_t { STACK_SIZE = 64 * 1024 };
enum : uint64_t { BIT_JOB = 1 };

static struct fe_lock lock; // of the lists
static struct job *jobs, *results;
static fe_handle job_event;

static void list_append(struct job **list, struct job *job)
{
    fe_lock_take(&lock);
    while (*list) list = &(*list)->next;
    *list = job;
    fe_lock_release(&lock);
}

static struct job *list_take(struct job **list)
{
    fe_lock_take(&lock);
    struct job *job = *list;
    if (job) *list = job->next;
    fe_lock_release(&lock);
    if (job) job->next = nullptr;
    return job;
}

static void thread_run(void *argument)
{
    for (;;) {
        uint64_t bits;
        struct job *job;
        while ((job = list_take(&jobs)) != nullptr) {
            job->run(job);
            list_append(&results, job);
            if (fe_event_signal(server.event, BIT_JOB_DONE) != OK)
                say("cannot signal the first thread");
        }
        if (fe_event_wait(job_event, BIT_JOB, FE_FOREVER, &bits) != OK) continue;
    }
}

void job_submit(struct job *job)
{
    list_append(&jobs, job);
    if (fe_event_signal(job_event, BIT_JOB) != OK) say("cannot signal the second thread");
}

void jobs_finish(void)
{
    struct job *job;
    while ((job = list_take(&results)) != nullptr) job->finish(job);
}

enum status jobs_init(void)
{
    fe_handle thread;
    TRY(fe_event_create(&job_event));
    return fe_thread_spawn(thread_run, nullptr, STACK_SIZE, 0, &thread);
}
