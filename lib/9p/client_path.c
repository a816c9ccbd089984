// SPDX-License-Identifier: MIT
// From a path to the session that serves it: the kernel finds the mount of the longest prefix, the
// rest goes to the server. A link brings a new path, which may lead elsewhere. In united
// directories the parts are asked in order until one knows the name. A server that died is waited
// for, a few seconds, while whoever supervises it mounts it anew.
#include "client_internal.h"
#include <ferrite/clock.h>
#include <ferrite/namespace.h>
#include <ferrite/status.h>

enum : uint32_t { LINK_LIMIT = 40 };
enum : uint64_t { PATIENCE = 10'000'000'000, FIRST_PAUSE = 1'000'000, LONGEST_PAUSE = 200'000'000 };

static fe_handle name_space_used;

void p9_namespace_set(fe_handle name_space)
{
    session_forget_all();
    name_space_used = name_space;
}

fe_handle client_namespace(void)
{
    return name_space_used ? name_space_used : fe_namespace_self();
}

static int path_error(enum status status)
{
    return status == ERR_TOO_LARGE ? -ENAMETOOLONG : -fe_status_errno(status);
}

int path_init(struct path *path, char *to, const char *text)
{
    *path = (struct path){.text = to};
    enum status status = fe_path_resolve("/", text, to, FE_PATH_MAX, &path->length);
    return status == OK ? 0 : path_error(status);
}

int path_target(const struct path *path, uint32_t index, struct target *target)
{
    size_t prefix;
    fe_handle space = client_namespace();
    enum status status = fe_namespace_resolve(space, path->text, path->length, index,
                                              &target->mount, &prefix, &target->flags);
    if (status != OK) return status == ERR_NOT_FOUND ? -ENOENT : -fe_status_errno(status);
    if (path->text[prefix] == '/') prefix++;
    target->relative = path->text + prefix;
    target->size = path->length - prefix;
    target->is_root = target->size == 0;
    return session_of_mount(space, target->mount, &target->session);
}

int path_follow(struct path *path, const struct target *target, size_t consumed, const char *link,
                size_t link_size)
{
    char text[FE_PATH_MAX];
    if (++path->links > LINK_LIMIT) return -ELOOP;
    if (consumed > target->size || link_size == 0) return -EPROTO;
    const char *rest = target->relative + consumed;
    size_t rest_size = target->size - consumed;
    if (link_size + 1 + rest_size + 1 > sizeof text) return -ENAMETOOLONG;
    memcpy(text, link, link_size);
    text[link_size] = '/';
    memcpy(text + link_size + 1, rest, rest_size);
    text[link_size + 1 + rest_size] = '\0';

    // A relative target starts in the link's directory.
    char directory[FE_PATH_MAX];
    size_t size = (size_t)(target->relative - path->text) + consumed;
    while (size > 0 && path->text[size - 1] != '/') size--;
    memcpy(directory, path->text, size);
    directory[size] = '\0';
    enum status status = fe_path_resolve(directory, text, path->text, FE_PATH_MAX, &path->length);
    return status == OK ? 0 : path_error(status);
}

bool path_retry(struct path *path, int result)
{
    if (!deaths_are_few(&path->deaths, result, false)) return false;
    uint64_t now = path->deaths.last;
    uint32_t retries = path->deaths.count;
    if (retries == 1) path->give_up = now + PATIENCE;
    if (now >= path->give_up) return false;
    if (retries == 1) return true;
    uint32_t doublings = retries < 10 ? retries : 10;
    uint64_t pause = FIRST_PAUSE << doublings;
    fe_clock_sleep_until(now + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE));
    return true;
}

// Whether a part has the first `size` bytes of the path.
static bool part_has(const struct target *target, size_t size)
{
    char link[8];
    struct call call;
    call_init(&call, P9_WALK, FE_9P_ROOT_FID);
    call.message.word[1] = FE_9P_NO_FID;
    call.message.word[2] = FE_9P_NO_FOLLOW;
    call_send(&call, target->relative, size);
    call_receive(&call, link, sizeof link);
    return call_run(target->session, &call) == 0;
}

// The part of a union that has the first of several names decides: the rest is looked for there and
// nowhere else.
static bool part_decides(const struct target *target)
{
    const char *slash = memchr(target->relative, '/', target->size);
    return slash != nullptr && part_has(target, (size_t)(slash - target->relative));
}

int target_find(const struct path *path, struct target *target, uint32_t *index)
{
    int result = path_target(path, *index = 0, target);
    while (result == 0 && (target->flags & MOUNT_UNION) != 0) {
        if (target->is_root || part_has(target, target->size) || part_decides(target)) return 0;
        session_done(target->session);
        result = path_target(path, ++*index, target);
    }
    return result;
}

// Directly in a union a new name is made in the first part that is marked for it; further down,
// where its folder is.
int target_place(const struct path *path, struct target *target)
{
    uint32_t index;
    int result = target_find(path, target, &index);
    if (result != -ENOENT || index == 0) return result;
    if (memchr(target->relative, '/', target->size) != nullptr) return -ENOENT;
    for (index = 0; (result = path_target(path, index, target)) == 0; index++) {
        if ((target->flags & MOUNT_CREATE) != 0) return 0;
        session_done(target->session);
    }
    return result == -ENOENT ? -EPERM : result;
}

// Runs it on one part. Returns as attempt->run; CALL_LINK after the path was changed.
static int run_part(struct path *path, struct attempt *attempt, const struct target *target)
{
    int result = attempt->run(attempt, target);
    if (result != CALL_LINK) return result;
    result = path_follow(path, target, attempt->call.message.word[0], attempt->reply,
                         attempt->call.transfer.received_size);
    return result == 0 ? CALL_LINK : result;
}

// One round over the parts of a united directory.
static int run_round(struct path *path, struct attempt *attempt)
{
    struct target target;
    for (uint32_t index = 0;; index++) {
        int found =
            attempt->creates ? target_place(path, &target) : path_target(path, index, &target);
        if (found != 0) return found;
        int result = run_part(path, attempt, &target);
        bool try_further = result == -ENOENT && !attempt->creates &&
                           (target.flags & MOUNT_UNION) != 0 && !part_decides(&target);
        session_done(target.session);
        if (!try_further) return result;
    }
}

int path_run_on(struct path *path, struct attempt *attempt)
{
    for (;;) {
        int result = run_round(path, attempt);
        if (result == CALL_LINK) continue;
        if (!is_gone(result)) return result;
        if (!path_retry(path, result)) return -EIO;
    }
}

int path_run(const char *text, struct attempt *attempt)
{
    struct path path;
    char buffer[FE_PATH_MAX];
    int result = path_init(&path, buffer, text);
    return result != 0 ? result : path_run_on(&path, attempt);
}
