// SPDX-License-Identifier: MIT
// What units see. A unit's namespace has what its lines `sees` name, and nothing else: mounts at or
// below such a path, as they come; and of what lies within a mount just that part, by a session
// that is attached there (job.c), so that the service cannot reach beside it. All units that see
// nothing share one empty namespace.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/status.h>

enum : size_t { PATH_MOST = 320 };

struct view {
    fe_handle name_space;
    uint32_t pending; // parts that the second thread is attaching
    bool is_filled;
};

struct view_job {
    struct job job; // first
    struct unit *unit;
    const char *path;     // in the unit's namespace
    char part[PATH_MOST]; // within the mount
    char source[PATH_MOST];
    fe_handle connector, session;
    int result;
};

static bool sees_all(const struct unit *unit)
{
    if ((unit->may & MAY_BIND) != 0) return true;
    for (uint32_t i = 0; i < unit->sees.count; i++) {
        if (strcmp(unit->sees.word[i], "/") == 0) return true;
    }
    return false;
}

// At `place` or below; `place` may end with a star, which stands for any letters.
static bool is_in(const char *path, const char *place)
{
    size_t size = strlen(place);
    if (place[size - 1] == '*') return strncmp(path, place, size - 1) == 0;
    return strncmp(path, place, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

static bool is_seen(const struct unit *unit, const char *path)
{
    for (uint32_t i = 0; i < unit->sees.count; i++) {
        if (is_in(path, unit->sees.word[i])) return true;
    }
    return false;
}

// A sight is a path, or "what=where". Copies the first and gives the second.
static const char *sight_split(const char *sight, char what[static PATH_MOST])
{
    size_t size = strcspn(sight, "=");
    if (size >= PATH_MOST) size = PATH_MOST - 1;
    memcpy(what, sight, size);
    what[size] = '\0';
    return sight[size] == '=' ? sight + size + 1 : sight;
}

// Where in `path` the part within what is mounted at `place` begins; 0: it is not within.
static size_t start_in(const char *path, const char *place)
{
    size_t size = strcmp(place, "/") == 0 ? 0 : strlen(place);
    bool is_within = strncmp(path, place, size) == 0 && path[size] == '/' &&
                     path[size + 1] != '\0' && path[strlen(path) - 1] != '*';
    return is_within ? size + 1 : 0;
}

// The mount that a sight leads into, and which part of it; nullptr: none, or it is a mount's own,
// seen by its own name.
static const struct mounted *mount_above(const char *sight, char part[static PATH_MOST])
{
    const struct mounted *found = nullptr;
    char what[PATH_MOST];
    bool is_renamed = sight_split(sight, what) != sight;
    part[0] = '\0';
    for (const struct mounted *m = mounts; m; m = m->next) {
        if (strcmp(m->path, what) == 0) return is_renamed ? m : nullptr;
        if (start_in(what, m->path) == 0) continue;
        if (found == nullptr || strlen(m->path) >= strlen(found->path)) found = m;
    }
    if (found == nullptr) return nullptr;
    size_t start = start_in(what, found->path);
    memcpy(part, what + start, PATH_MOST - start);
    return found;
}

// --- Parts of mounts ---

static void run(struct job *base)
{
    struct view_job *job = (struct view_job *)base;
    struct p9_file *root;
    job->result = p9_attach(job->connector, job->part, &root);
    if (job->result != 0) return;
    if (fe_handle_copy(p9_session_handle(root->session), &job->session) != OK)
        job->result = -ENOMEM;
    p9_close(root);
}

static void finish(struct job *base)
{
    struct view_job *job = (struct view_job *)base;
    uint64_t mount;
    struct unit *unit = job->unit;
    enum status status = OK;
    unit->view->pending--;
    if (job->result == 0) {
        size_t size = 1 + strlen(job->source + 1);
        status = fe_namespace_mount(unit->view->name_space, job->path, strlen(job->path),
                                    job->source, size, job->session, MOUNT_REPLACE, &mount);
    }
    bool is_missing = job->result == -ENOENT; // as a handle that this machine lacks
    if (!is_missing && (job->result != 0 || status != OK))
        say("%s: sees no %s (%d)", unit->name, job->path, status != OK ? status : job->result);
    fe_handle_drop(&job->session);
    fe_handle_drop(&job->connector);
    free(job);
}

static enum status attach_soon(struct unit *unit, const char *sight, const char *part,
                               const struct mounted *mounted)
{
    char what[PATH_MOST];
    struct view_job *job = calloc(1, sizeof *job);
    if (job == nullptr) return ERR_NO_MEMORY;
    *job = (struct view_job){
        .job = {.run = run, .finish = finish}, .unit = unit, .path = sight_split(sight, what)};
    memcpy(job->part, part, sizeof job->part);
    fe_format(job->source + 1, sizeof job->source - 1, "/srv/%s%s%s", mounted->name,
              part[0] == '\0' ? "" : "/", part);
    enum status status = fe_handle_copy(mounted->connector, &job->connector);
    if (status != OK) {
        free(job);
        return status;
    }
    unit->view->pending++;
    job_submit(&job->job);
    return OK;
}

// --- Whole mounts ---

static enum status add(struct unit *unit, const struct mounted *mounted)
{
    char source[PATH_MOST] = "", *name = source + 1;
    uint64_t mount;
    fe_handle name_space = unit->view->name_space;
    size_t size = 1 + fe_format(name, sizeof source - 1, "/srv/%s", mounted->name);
    if (is_seen(unit, mounted->path))
        TRY(fe_namespace_mount(name_space, mounted->path, strlen(mounted->path), source, size,
                               mounted->connector, mounted->flags, &mount));
    if (strcmp(name, mounted->path) == 0 || !is_seen(unit, name)) return OK;
    return fe_namespace_mount(name_space, name, size - 1, source, size, mounted->connector,
                              MOUNT_REPLACE, &mount);
}

void view_mount(const struct mounted *mounted)
{
    for (struct unit *unit = units; unit; unit = unit->next) {
        if (unit->view == nullptr || unit->sees.count == 0) continue;
        enum status status = add(unit, mounted);
        for (uint32_t i = 0; i < unit->sees.count && status == OK; i++) {
            char part[PATH_MOST];
            const char *sight = unit->sees.word[i];
            if (mount_above(sight, part) == mounted)
                status = attach_soon(unit, sight, part, mounted);
        }
        if (status != OK) say("%s: sees no %s (%d)", unit->name, mounted->path, status);
    }
}

void view_unmount(const struct mounted *mounted)
{
    for (const struct unit *unit = units; unit; unit = unit->next) {
        if (unit->view == nullptr || unit->sees.count == 0) continue;
        mount_displace(unit->view->name_space, mounted->path, mounted->name);
    }
}

// --- The namespace ---

static enum status fill(struct unit *unit)
{
    if (unit->view->is_filled) return OK;
    for (const struct mounted *m = mounts; m; m = m->next) TRY(add(unit, m));
    for (uint32_t i = 0; i < unit->sees.count; i++) {
        char part[PATH_MOST];
        const char *sight = unit->sees.word[i];
        const struct mounted *above = mount_above(sight, part);
        if (above != nullptr) TRY(attach_soon(unit, sight, part, above));
    }
    unit->view->is_filled = true;
    return OK;
}

static enum status make(struct unit *unit)
{
    static struct view nothing;
    bool is_empty = unit->sees.count == 0;
    struct view *view = is_empty ? &nothing : calloc(1, sizeof *view);
    if (view == nullptr) return ERR_NO_MEMORY;
    if (view->name_space == FE_NO_HANDLE) {
        enum status status = fe_namespace_create(&view->name_space);
        if (status != OK && !is_empty) free(view);
        TRY(status);
    }
    unit->view = view;
    return OK;
}

bool view_is_ready(struct unit *unit, enum status *status)
{
    *status = OK;
    if (sees_all(unit)) return true;
    if (unit->view == nullptr) *status = make(unit);
    if (*status == OK) *status = fill(unit);
    return *status == OK && unit->view->pending == 0;
}

fe_handle view_namespace(const struct unit *unit)
{
    return unit->view == nullptr ? FE_NO_HANDLE : unit->view->name_space;
}
