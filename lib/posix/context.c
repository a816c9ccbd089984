// SPDX-License-Identifier: MIT
// The process's own state, and that of the children that are being made between vfork and exec:
// each thread may make one, and that one, before it runs a program, may make another in turn. The
// first use of a descriptor restores the table that the parent handed over; a program that opens
// nothing pays nothing.
#include "context.h"
#include "call.h"
#include "file.h"
#include "inherit.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/path.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <string.h>

static struct context main_context = {.umask = 022};
static bool is_restored;
struct context *context_alone;
struct fe_lock context_guard;

// What the parent gave: descriptors, directory, process session, signals.
static void restore(void)
{
    is_restored = true;
    if (!thread_has_others) context_alone = &main_context;
    main_context.directory = strdup(fe_start_directory());
    fe_handle handle = fe_start_handle("process");
    if (handle != FE_NO_HANDLE) {
        struct p9_session *session = p9_session_adopt(handle);
        if (session != nullptr) {
            main_context.process = p9_file_adopt(session, FE_9P_ROOT_FID, OPEN_READ_WRITE);
            p9_session_put(session);
        }
    }
    inherit_restore(&main_context);
}

struct context *context_find(void)
{
    struct context *child = thread_self()->child;
    if (child != nullptr) return child;
    if (!is_restored) restore();
    return &main_context;
}

bool context_is_child(void)
{
    return context_current() != &main_context;
}

long process_control(struct p9_control *control)
{
    struct context *context = context_current();
    if (context->process == nullptr) {
        for (size_t i = 0; i < control->send_count; i++) {
            fe_handle handle = control->send[i];
            fe_handle_drop(&handle);
        }
        return -ENOSYS;
    }
    return p9_control(context->process, control);
}

// Registers a child with the process service: its pid, and the session that will be its own.
static long register_child(struct context *child)
{
    struct fe_process_register wish = {.ignored = signal_ignored(child)};
    struct p9_control control = {
        .request = CONTROL_PROCESS_CHILD, .data = &wish, .size = sizeof wish, .receive_most = 1};
    long error = process_control(&control);
    if (error < 0) return error == -ENOSYS ? 0 : error;
    if (control.received_count != 1) return -EIO;
    child->pid = (uint32_t)control.value;
    struct p9_session *session = p9_session_adopt(control.received[0]);
    if (session == nullptr) return -ENOMEM;
    child->process = p9_file_adopt(session, FE_9P_ROOT_FID, OPEN_READ_WRITE);
    p9_session_put(session);
    return child->process == nullptr ? -ENOMEM : 0;
}

static void destroy(struct context *child)
{
    context_lock();
    descriptor_clear(&child->descriptors);
    context_unlock();
    p9_close(child->process);
    free(child->directory);
    free(child);
}

static long copy(struct context *from, struct context *to)
{
    *to = *from;
    to->process = nullptr;
    to->parent = from;
    to->descriptors = (struct descriptor_table){};
    to->program = nullptr;
    to->directory = strdup(from->directory);
    if (to->directory == nullptr) return -ENOMEM;
    context_lock();
    long error = descriptor_copy(&from->descriptors, &to->descriptors);
    context_unlock();
    return error;
}

long context_enter_child(void)
{
    struct context *child = malloc(sizeof *child);
    if (child == nullptr) return -ENOMEM;
    struct context *parent = context_current();
    struct thread *thread = thread_self();
    long error = copy(parent, child);
    if (error == 0) error = register_child(child);
    if (error < 0) {
        destroy(child);
        return error;
    }
    child->saved_blocked = thread->blocked;
    child->blocked = context_blocked(parent);
    thread->child = child;
    thread->blocked = UINT64_MAX;
    context_alone = nullptr;
    return 0;
}

uint64_t context_blocked(const struct context *context)
{
    return context->parent != nullptr ? context->blocked : thread_self()->blocked;
}

void context_leave_child(void)
{
    struct context *child = context_current();
    struct thread *thread = thread_self();
    thread->blocked = child->saved_blocked;
    thread->child = child->parent->parent != nullptr ? child->parent : nullptr;
    if (!thread_has_others && thread->child == nullptr) context_alone = &main_context;
    destroy(child);
}

// Only the program itself knows which process "/proc/self" is.
static long name_self(char *path)
{
    static const char prefix[] = "/proc/self";
    size_t size = sizeof prefix - 1;
    if (strncmp(path, prefix, size) != 0 || (path[size] != '/' && path[size] != '\0')) return 0;
    char rest[FE_PATH_MAX];
    strcpy(rest, path + size);
    size_t written =
        fe_format(path, FE_PATH_MAX, "/proc/%u%s", (unsigned)call_getpid(nullptr), rest);
    return written < FE_PATH_MAX - 1 ? 0 : -ENAMETOOLONG;
}

long path_at(long at, const char *path, char *to)
{
    return path_find(at, path, to, nullptr);
}

long path_find(long at, const char *path, char *to, size_t *length)
{
    struct context *context = context_current();
    if (path == nullptr) return -EFAULT;
    const char *directory = context->directory;
    struct file *file = nullptr;
    if (path[0] != '/' && at != AT_FDCWD) {
        file = file_hold(at);
        if (file == nullptr) return -EBADF;
        if (!file_is_directory(file) || file->p9->path == nullptr) {
            file_put(file);
            return -ENOTDIR;
        }
        directory = file->p9->path;
    }
    enum status status = fe_path_resolve(directory, path, to, FE_PATH_MAX, length);
    if (file != nullptr) file_put(file);
    if (status != OK) return status == ERR_TOO_LARGE ? -ENAMETOOLONG : -fe_status_errno(status);
    if (to[1] != 'p') return 0;
    long error = name_self(to);
    if (length != nullptr) *length = strlen(to);
    return error;
}
