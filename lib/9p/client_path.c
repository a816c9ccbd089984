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
    uint32_t flags;
    fe_handle space = client_namespace();
    enum status status = fe_namespace_resolve(space, path->text, path->length, index,
                                              &target->mount, &prefix, &flags);
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

bool path_retry(struct path *path)
{
    uint64_t now = fe_clock_monotonic();
    if (path->give_up == 0) path->give_up = now + PATIENCE;
    if (now >= path->give_up) return false;
    if (path->retries++ == 0) return true;
    uint32_t doublings = path->retries < 10 ? path->retries : 10;
    uint64_t pause = FIRST_PAUSE << doublings;
    fe_clock_sleep_until(now + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE));
    return true;
}

// One round over the parts of a united directory. Returns as attempt->run; CALL_LINK after the path
// was changed.
static int run_round(struct path *path, struct attempt *attempt)
{
    int result = -ENOENT;
    for (uint32_t index = 0;; index++) {
        struct target target;
        int found = path_target(path, index, &target);
        if (found != 0) return index > 0 && found == -ENOENT ? result : found;
        int next = attempt->run(attempt, &target);
        if (next == CALL_LINK) {
            next = path_follow(path, &target, attempt->call.message.word[0], attempt->reply,
                               attempt->call.transfer.received_size);
            if (next == 0) next = CALL_LINK;
        }
        session_done(target.session);
        bool try_further = next == -ENOENT || (next == -EROFS && !target.is_root);
        if (!try_further) return next;
        if (result == -ENOENT) result = next;
    }
}

int path_run_on(struct path *path, struct attempt *attempt)
{
    for (;;) {
        int result = run_round(path, attempt);
        if (result == CALL_LINK) continue;
        if (result != CALL_DEAD) return result;
        if (!path_retry(path)) return -EIO;
    }
}

int path_run(const char *text, struct attempt *attempt)
{
    struct path path;
    char buffer[FE_PATH_MAX];
    int result = path_init(&path, buffer, text);
    return result != 0 ? result : path_run_on(&path, attempt);
}
