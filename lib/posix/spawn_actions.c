// SPDX-License-Identifier: MIT
// posix_spawn: a child's context, the actions done to it by the ordinary calls, and execve.
#include "call.h"
#include "context.h"
#include "signals.h"
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// How the C library keeps file actions: the last one first.
struct file_action {
    struct file_action *next, *previous;
    int command, descriptor, source, flags;
    mode_t mode;
    char path[];
};
enum : int { ACTION_CLOSE = 1, ACTION_DUP2, ACTION_OPEN, ACTION_CHDIR, ACTION_FCHDIR };

// And attributes and actions themselves, whose members its headers keep hidden by their names.
struct attributes {
    int flags;
    pid_t group;
    sigset_t defaults, mask;
    int priority, policy;
    int (*execute)(const char *, char *const *, char *const *);
};
struct actions {
    int unused[2];
    struct file_action *last;
};

static long open_at(const struct file_action *action)
{
    long number = call_openat(
        (const int64_t[6]){AT_FDCWD, (long)action->path, action->flags, (long)action->mode});
    if (number < 0 || number == action->descriptor) return number;
    long result = call_dup3((const int64_t[6]){number, action->descriptor, 0});
    call_close((const int64_t[6]){number});
    return result;
}

static long perform(const struct file_action *action)
{
    switch (action->command) {
    case ACTION_CLOSE: call_close((const int64_t[6]){action->descriptor}); return 0;
    case ACTION_DUP2:
        if (action->source == action->descriptor) {
            return call_fcntl((const int64_t[6]){action->descriptor, F_SETFD, 0});
        }
        return call_dup3((const int64_t[6]){action->source, action->descriptor, 0});
    case ACTION_OPEN: return open_at(action);
    case ACTION_CHDIR: return call_chdir((const int64_t[6]){(long)action->path});
    case ACTION_FCHDIR: return call_fchdir((const int64_t[6]){action->descriptor});
    default: return -EINVAL;
    }
}

static long perform_all(const struct actions *actions)
{
    if (actions == nullptr || actions->last == nullptr) return 0;
    struct file_action *at = actions->last;
    while (at->next != nullptr) at = at->next;
    for (; at != nullptr; at = at->previous) {
        long result = perform(at);
        if (result < 0) return result;
    }
    return 0;
}

static long apply(const struct attributes *attributes)
{
    struct context *context = context_current();
    signal_reset_handlers(context);
    uint64_t set;
    long result = 0;
    if (attributes == nullptr) return 0;
    memcpy(&set, &attributes->defaults, sizeof set);
    for (int i = 1; i < SIGNAL_COUNT && (attributes->flags & POSIX_SPAWN_SETSIGDEF); i++) {
        if (set & signal_bit(i)) context->actions[i] = (struct signal_action){};
    }
    if (attributes->flags & POSIX_SPAWN_SETSIGMASK) {
        memcpy(&context->blocked, &attributes->mask, sizeof context->blocked);
    }
    if (attributes->flags & POSIX_SPAWN_SETSID) result = call_setsid((const int64_t[6]){});
    if (result >= 0 && (attributes->flags & POSIX_SPAWN_SETPGROUP)) {
        result = call_setpgid((const int64_t[6]){0, attributes->group});
    }
    return result < 0 ? result : 0;
}

struct request {
    const char *path;
    const struct actions *actions;
    const struct attributes *attributes;
    char *const *arguments, *const *environment;
};

// In the child's context; comes back only when it fails.
static long begin(const struct request *request)
{
    struct thread *thread = thread_self();
    thread_enter(thread);
    long result = apply(request->attributes);
    if (result >= 0) result = perform_all(request->actions);
    thread_leave(thread);
    if (result < 0) return result;
    if (request->attributes != nullptr && request->attributes->execute != nullptr) {
        request->attributes->execute(request->path, request->arguments, request->environment);
    } else {
        execve(request->path, request->arguments, request->environment);
    }
    return -errno;
}

void *posix_vfork_prepare(void);

int posix_spawn(pid_t *restrict pid, const char *restrict path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                char *const environment[restrict])
{
    const struct request request = {path, (const struct actions *)actions,
                                    (const struct attributes *)attributes, arguments, environment};
    void *resume = posix_vfork_prepare();
    if (resume == nullptr) return errno;
    int child = setjmp(resume);
    if (child != 0) {
        if (pid != nullptr) *pid = child;
        return 0;
    }
    long error = begin(&request);
    uint32_t number = context_current()->pid;
    if (setjmp(resume) == 0) _exit(127);
    // The child that came to nothing is no child that anybody waits for.
    if (number != 0) waitpid((pid_t)number, nullptr, 0);
    return (int)-error;
}
