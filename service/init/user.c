// SPDX-License-Identifier: MIT
// Users' namespaces: copies of init's in which every connector is bound to the user (IDENTIFY at
// its service). A second thread makes them, because it calls the services, and a service may be
// waiting for init. Jobs go to the thread by a list under a lock, results come back the same way;
// the namespaces are kept, so that services that are started again are mounted in them too.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/namespace.h>
#include <ferrite/thread.h>

enum : uint32_t { GROUPS_MOST = 32, STACK_SIZE = 64 * 1024 };
enum : uint64_t { BIT_JOB = 1 };

struct user {
    struct user *next;
    fe_handle name_space;
    uint32_t uid, gid, group_count;
    uint32_t groups[GROUPS_MOST];
};

struct job {
    struct job *next;
    struct p9_request *request; // a namespace is wanted; nullptr: a mount
    struct user *user;          // the namespace's
    struct place {
        char *path, name[64];
        fe_handle connector;
        uint32_t flags;
    } *places;
    uint32_t count;
    int result;
};

static struct fe_lock lock; // of the lists
static struct job *jobs, *results;
static struct user *users; // the thread's own
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

static void job_free(struct job *job)
{
    for (uint32_t i = 0; i < job->count; i++) {
        free(job->places[i].path);
        fe_handle_drop(&job->places[i].connector);
    }
    free(job->places);
    free(job);
}

static bool job_add_place(struct job *job, const struct mounted *mounted)
{
    struct place *places = realloc(job->places, (job->count + 1) * sizeof *places);
    if (places == nullptr) return false;
    job->places = places;
    size_t size = strlen(mounted->path) + 1;
    struct place place = {.path = malloc(size), .flags = mounted->flags};
    if (place.path == nullptr) return false;
    memcpy(place.path, mounted->path, size);
    memcpy(place.name, mounted->name, sizeof place.name);
    if (fe_handle_copy(mounted->connector, &place.connector) != OK) {
        free(place.path);
        return false;
    }
    places[job->count++] = place;
    return true;
}

// --- The thread ---

static void place_for_user(const struct user *user, const struct place *place)
{
    FE_HANDLE bound = FE_NO_HANDLE;
    uint64_t mount;
    struct p9_user who = {user->uid, user->gid, user->groups, user->group_count};
    int result = p9_identify(place->connector, &who, &bound);
    if (result != 0) {
        say("%s: not for uid %u (%d)", place->path, user->uid, result);
        return;
    }
    const struct placing placing = {place->path, place->name, bound, place->flags};
    enum status status = mount_place(user->name_space, &placing, &mount);
    if (status != OK) say("%s: cannot be mounted for uid %u (%d)", place->path, user->uid, status);
}

static void job_run(struct job *job)
{
    struct user *user = job->user;
    if (user == nullptr) {
        for (struct user *u = users; u; u = u->next) place_for_user(u, &job->places[0]);
        job_free(job);
        return;
    }
    if (fe_namespace_create(&user->name_space) != OK) {
        job->result = -ENOMEM;
    } else {
        for (uint32_t i = 0; i < job->count; i++) place_for_user(user, &job->places[i]);
        user->next = users;
        users = user;
    }
    list_append(&results, job);
    if (fe_event_signal(server.event, BIT_USER) != OK) say("cannot signal the first thread");
}

static void thread_run(void *argument)
{
    for (;;) {
        uint64_t bits;
        struct job *job;
        while ((job = list_take(&jobs)) != nullptr) job_run(job);
        if (fe_event_wait(job_event, BIT_JOB, FE_FOREVER, &bits) != OK) continue;
    }
}

// --- The first thread ---

static void job_submit(struct job *job)
{
    list_append(&jobs, job);
    if (fe_event_signal(job_event, BIT_JOB) != OK) say("cannot signal the second thread");
}

void user_mount(const struct mounted *mounted)
{
    struct job *job = calloc(1, sizeof *job);
    if (job && job_add_place(job, mounted)) {
        job_submit(job);
    } else if (job) {
        job_free(job);
    }
}

static struct user *user_read(const struct p9_request *request)
{
    uint32_t numbers[2 + GROUPS_MOST];
    if (request->size < 8 || request->size > sizeof numbers || request->size % 4 != 0)
        return nullptr;
    memcpy(numbers, request->data, request->size);
    struct user *user = calloc(1, sizeof *user);
    if (user == nullptr) return nullptr;
    user->uid = numbers[0];
    user->gid = numbers[1];
    user->group_count = (uint32_t)(request->size / 4 - 2);
    memcpy(user->groups, numbers + 2, user->group_count * sizeof numbers[0]);
    return user;
}

int user_namespace(struct p9_request *request)
{
    struct user *user = user_read(request);
    struct job *job = calloc(1, sizeof *job);
    bool is_good = user && job;
    for (struct mounted *m = mounts; m && is_good; m = m->next) is_good = job_add_place(job, m);
    if (is_good) {
        job->user = user;
        job->request = p9_keep(request);
    }
    if (is_good && job->request) {
        job_submit(job);
        return P9_KEPT;
    }
    free(user);
    if (job) job_free(job);
    return -EINVAL;
}

void user_finish(void)
{
    struct job *job;
    while ((job = list_take(&results)) != nullptr) {
        fe_handle copy = FE_NO_HANDLE;
        if (job->result == 0 && fe_handle_copy(job->user->name_space, &copy) != OK) {
            job->result = -ENOMEM;
        }
        p9_finish_handle(job->request, job->result, copy);
        if (job->result != 0 && job->user->name_space == FE_NO_HANDLE) free(job->user);
        job_free(job);
    }
}

enum status user_init(void)
{
    fe_handle thread;
    TRY(fe_event_create(&job_event));
    return fe_thread_spawn(thread_run, nullptr, STACK_SIZE, 0, &thread);
}
