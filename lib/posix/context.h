// SPDX-License-Identifier: MIT
// What POSIX calls a process, as far as it lives here: descriptors, working directory, dispositions
// of signals, and the session with the process service. There is one; and between vfork and exec
// one more, which belongs to the child that a thread is making. Everything that the thread does
// then (dup2, close, open, chdir, setpgid, vfork again, ...) works on the child's, by the same
// code.
#pragma once

#include "descriptor.h"
#include "signals.h"
#include "thread.h"
#include <9p/client.h>
#include <ferrite/lock.h>
#include <setjmp.h>

struct context {
    struct descriptor_table descriptors;
    char *directory; // absolute and clean
    char *program;   // the path that it was started by; nullptr: not known
    uint32_t umask;
    struct p9_file *process; // session with the process service; nullptr: none (early services)
    uint32_t pid;            // 0: not asked yet
    struct signal_action actions[SIGNAL_COUNT];

    // Of a child being made.
    struct context *parent;
    uint64_t blocked;       // the child's signal mask; its maker blocks all meanwhile
    uint64_t saved_blocked; // the maker's, put back at the end
    jmp_buf resume;         // where vfork returns a second time
};

// The process's context while there is one thread and no child is being made; else nullptr: look
// closer.
extern struct context *context_alone;

// The context that the calling thread's calls mean.
struct context *context_find(void);
static inline struct context *context_current(void)
{
    return context_alone != nullptr ? context_alone : context_find();
}
bool context_is_child(void);

// Guards descriptors, references of files and the list of threads. Never held over a request.
// Where there is one thread there is nothing to guard.
extern struct fe_lock context_guard;
static inline void context_lock(void)
{
    if (thread_has_others) fe_lock_take(&context_guard);
}
static inline void context_unlock(void)
{
    if (thread_has_others) fe_lock_release(&context_guard);
}

// Copies the current context for a child, registers the child (when there is a process service),
// and makes it what this thread's calls mean. 0 or a negative errno.
long context_enter_child(void);
// Back to the parent's; the child's context is gone. The child itself goes on, or has been told to
// end.
void context_leave_child(void);

// The signal mask that a program started by this context begins with.
uint64_t context_blocked(const struct context *context);

// Makes `path`, relative to the directory behind descriptor `at` (or AT_FDCWD), absolute and clean.
// `to` has FE_PATH_MAX bytes. 0 or a negative errno.
long path_at(long at, const char *path, char *to);
// The same, and its length.
long path_find(long at, const char *path, char *to, size_t *length);

// Requests to the process service on the current context's session; the control's result.
long process_control(struct p9_control *control);
// Who a process is, 0: the caller. 0 or a negative errno.
long process_identity(long pid, struct fe_process_identity *identity);
