// SPDX-License-Identifier: MIT
// Users' namespaces: copies of init's in which every connector is bound to the user (IDENTIFY at
// its service), made by the second thread (job.c), one for each login. They are kept while somebody
// else has them, so that services that are started again are mounted in them too.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/namespace.h>

enum : uint32_t { GROUPS_MOST = 32 };

struct user {
    struct user *next;
    fe_handle name_space;
    uint32_t uid, gid, group_count;
    uint32_t groups[GROUPS_MOST];
};

struct user_job {
    struct job job;             // first
    struct p9_request *request; // a namespace is wanted; nullptr: a mount
    struct user *user;          // the namespace's
    bool is_unmount;            // what was mounted goes
    struct place {
        char *path, name[64];
        fe_handle connector;
        uint32_t flags;
    } *places;
    uint32_t count;
    fe_handle answer;
    int result;
};

static struct user *users; // the second thread's own
static bool was_asked;     // for one, since which it is told of mounts

static void job_free(struct user_job *job)
{
    for (uint32_t i = 0; i < job->count; i++) {
        free(job->places[i].path);
        fe_handle_drop(&job->places[i].connector);
    }
    free(job->places);
    fe_handle_drop(&job->answer);
    free(job);
}

static bool job_add_place(struct user_job *job, const struct mounted *mounted)
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
    const struct placing placing = {place->path, place->name, bound, place->flags, 0};
    enum status status = mount_place(user->name_space, &placing, &mount);
    if (status != OK) say("%s: cannot be mounted for uid %u (%d)", place->path, user->uid, status);
}

static void user_free(struct user *user)
{
    fe_handle_drop(&user->name_space);
    free(user);
}

// Namespaces that only init has any more, because all processes in them have ended.
static void forget_unused(void)
{
    struct user **at = &users;
    while (*at) {
        struct user *user = *at;
        struct fe_handle_info info;
        if (fe_handle_inspect(user->name_space, &info) != OK || info.references > 1) {
            at = &user->next;
            continue;
        }
        *at = user->next;
        user_free(user);
    }
}

static void change_for_user(const struct user *user, const struct user_job *job)
{
    const struct place *place = &job->places[0];
    if (job->is_unmount)
        mount_displace(user->name_space, place->path, place->name);
    else
        place_for_user(user, place);
}

static void run(struct job *base)
{
    struct user_job *job = (struct user_job *)base;
    struct user *user = job->user;
    forget_unused();
    if (user == nullptr) {
        for (struct user *u = users; u; u = u->next) change_for_user(u, job);
        return;
    }
    if (fe_namespace_create(&user->name_space) != OK ||
        fe_handle_copy(user->name_space, &job->answer) != OK) {
        user_free(user);
        job->result = -ENOMEM;
        return;
    }
    for (uint32_t i = 0; i < job->count; i++) place_for_user(user, &job->places[i]);
    user->next = users;
    users = user;
}

// --- The first thread ---

static void finish(struct job *base)
{
    struct user_job *job = (struct user_job *)base;
    struct p9_request *request = job->request;
    int result = job->result;
    fe_handle answer = fe_handle_take(&job->answer);
    job_free(job); // first: who has the answer finds no trace of the work
    if (request) p9_finish_handle(request, result, answer);
}

static struct user_job *job_make(void)
{
    struct user_job *job = calloc(1, sizeof *job);
    if (job) job->job = (struct job){.run = run, .finish = finish};
    return job;
}

static void submit(const struct mounted *mounted, bool is_unmount)
{
    if (!was_asked) return;
    struct user_job *job = job_make();
    if (job) job->is_unmount = is_unmount;
    if (job && job_add_place(job, mounted)) {
        job_submit(&job->job);
    } else if (job) {
        job_free(job);
    }
}

void user_mount(const struct mounted *mounted)
{
    submit(mounted, false);
}

void user_unmount(const struct mounted *mounted)
{
    submit(mounted, true);
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
    struct user_job *job = job_make();
    bool is_good = user && job;
    for (struct mounted *m = mounts; m && is_good; m = m->next) is_good = job_add_place(job, m);
    if (is_good) {
        job->user = user;
        job->request = p9_keep(request);
    }
    if (is_good && job->request) {
        was_asked = true;
        job_submit(&job->job);
        return P9_KEPT;
    }
    free(user);
    if (job) job_free(job);
    return -EINVAL;
}
