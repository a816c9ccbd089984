// SPDX-License-Identifier: MIT
// New programs. vfork makes a child's context and returns; what the program then does is done to
// that context; execve starts the child's program with it and vfork returns once more, in the
// parent. execve without vfork starts a program that takes this one's place: same pid, same session
// with the process service.
#include "call.h"
#include "context.h"
#include "file.h"
#include "inherit.h"
#include "signals.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/path.h>
#include <ferrite/spawn.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum : int { SCRIPT_LINE = 256, SCRIPT_DEPTH = 4 };

struct program {
    fe_handle image;
    const char *path;     // as named
    const char *resolved; // absolute
    char *const *arguments;
    char *const *environment;
};

// --- The image ---------------------------------------------------------------------------------

// "/proc/self/exe" is the running program.
static long image_path(const char *name, char *path)
{
    if (strcmp(name, "/proc/self/exe") == 0) {
        struct context *context = context_current();
        while (context->parent != nullptr) context = context->parent;
        if (context->program != nullptr) name = context->program;
    }
    return path_at(AT_FDCWD, name, path);
}

static long may_execute(const char *path)
{
    struct fe_9p_attributes attributes;
    long error = p9_stat(path, 0, &attributes);
    if (error < 0) return error;
    if (!S_ISREG(attributes.mode)) return -EACCES;
    return call_faccessat((const int64_t[6]){AT_FDCWD, (long)path, X_OK});
}

// The interpreter's line of a script: "#!", its path and at most one argument. -ENOEXEC when it is
// none.
static long read_script_line(const char *path, char line[SCRIPT_LINE])
{
    struct p9_file *file;
    long error = p9_open(path, OPEN_READ, 0, &file);
    if (error < 0) return error;
    int64_t count = p9_read(file, 0, line, SCRIPT_LINE - 1);
    p9_close(file);
    if (count < 0) return (long)count;
    line[count] = '\0';
    char *end = strchr(line, '\n');
    if (count < 3 || line[0] != '#' || line[1] != '!' || end == nullptr) return -ENOEXEC;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    *end = '\0';
    return 0;
}

// Arguments of a script's interpreter: its own, the script's path, and the script's without their
// first.
static char **script_arguments(char *line, const struct program *script, char **interpreter)
{
    size_t count = 0;
    while (script->arguments[count] != nullptr) count++;
    char **arguments = calloc(count + 4, sizeof *arguments);
    if (arguments == nullptr) return nullptr;
    char *name = line + 2 + strspn(line + 2, " \t");
    char *rest = name + strcspn(name, " \t");
    if (*rest != '\0') *rest++ = '\0';
    rest += strspn(rest, " \t");
    size_t at = 0;
    arguments[at++] = *interpreter = name;
    if (*rest != '\0') arguments[at++] = rest;
    arguments[at++] = (char *)script->path;
    for (size_t i = 1; i < count; i++) arguments[at++] = script->arguments[i];
    return arguments;
}

static long start_program(const struct program *program);

static long load_and_start(struct program *program, int depth)
{
    char path[FE_PATH_MAX], line[SCRIPT_LINE];
    if (program->path == nullptr || program->arguments == nullptr) return -EFAULT;
    long error = image_path(program->path, path);
    if (error == 0) error = may_execute(path);
    if (error < 0) return error;
    program->resolved = path;
    error = p9_image(path, &program->image);
    if (error == 0) {
        error = start_program(program);
        fe_handle_drop(&program->image);
        return error;
    }
    long script_error = read_script_line(path, line);
    if (script_error < 0) return script_error == -ENOEXEC ? -ENOEXEC : error;
    if (depth == SCRIPT_DEPTH) return -ELOOP;
    char *interpreter;
    char **arguments = script_arguments(line, program, &interpreter);
    if (arguments == nullptr) return -ENOMEM;
    struct program inner = {
        .path = interpreter, .arguments = arguments, .environment = program->environment};
    error = load_and_start(&inner, depth + 1);
    free(arguments);
    return error;
}

// --- Starting ----------------------------------------------------------------------------------

static void describe(struct fe_process_register *wish, const struct program *program,
                     const struct context *context)
{
    *wish = (struct fe_process_register){.ignored = signal_ignored(context),
                                         .blocked = context_blocked(context)};
    size_t size = 0;
    for (size_t i = 0; program->arguments[i] != nullptr && size < sizeof wish->command - 1; i++) {
        if (i != 0) wish->command[size++] = ' ';
        size_t length = strlen(program->arguments[i]);
        if (length > sizeof wish->command - 1 - size) length = sizeof wish->command - 1 - size;
        memcpy(wish->command + size, program->arguments[i], length);
        size += length;
    }
}

// Tells the process service which process it is now that stands behind the context's pid.
static long become(const struct context *context, const struct program *program, fe_handle process)
{
    if (context->process == nullptr) return 0;
    struct fe_process_register data;
    describe(&data, program, context);
    const struct p9_loan loan = {process, RIGHT_TRANSFER | RIGHT_DUPLICATE | RIGHT_INSPECT |
                                              RIGHT_PROCESS_KILL | RIGHT_PROCESS_THREAD};
    struct p9_control wish = {.request = CONTROL_PROCESS_BECOME,
                              .data = &data,
                              .size = sizeof data,
                              .lend = &loan,
                              .lend_count = 1};
    return p9_control(context->process, &wish);
}

// Create, tell the process service, start: a program never runs before it is known. From the moment
// when it is known, whatever ends it (a signal may, before it ever runs) is its own end, which its
// parent waits for.
static long launch(const struct context *context, const struct program *program,
                   const struct fe_spawn *options, struct inherit_parcel *parcel)
{
    struct fe_child child = {};
    enum status status = fe_spawn_create(options, &child);
    if (status != OK) {
        inherit_unpack(parcel, false);
        return -fe_status_errno(status);
    }
    long error = become(context, program, child.process);
    if (error < 0) {
        status = fe_process_kill(child.process, FE_EXIT_KILLED);
        inherit_unpack(parcel, false);
    } else {
        status = fe_spawn_start(options, &child);
        if (status != OK && context->process == nullptr) error = -fe_status_errno(status);
        inherit_unpack(parcel, true);
    }
    fe_handle_drop(&child.thread);
    fe_handle_drop(&child.process);
    return error;
}

// The caller's without a ceiling; 0: as urgent as it is.
static uint32_t base_priority(void)
{
    const struct thread *thread = thread_self();
    return thread->ceiling == 0 ? 0 : thread->base;
}

static long start_program(const struct program *program)
{
    struct context *context = context_current();
    struct inherit_parcel parcel;
    long error = inherit_pack(context, program->resolved, &parcel);
    if (error < 0) return error;
    static char *const nothing[] = {nullptr};
    if (context->process != nullptr) {
        fe_handle session;
        enum status status = fe_handle_copy(p9_session_handle(context->process->session), &session);
        if (status != OK) {
            inherit_unpack(&parcel, false);
            return -fe_status_errno(status);
        }
        parcel.handles[parcel.handle_count++] =
            (struct fe_spawn_handle){.name = "process", .handle = session};
    }
    // Of a login shell: what it starts is less urgent than itself, however much there is of it. A
    // ceiling is of the mutex that the caller has: a program that it starts has no share in it.
    const struct fe_start_handle *jobs = fe_start_find("jobs");
    const char *const *environment =
        (const char *const *)(program->environment != nullptr ? program->environment : nothing);
    struct fe_spawn options = {
        .image = program->image,
        .name = fe_path_last(program->path),
        .arguments = (const char *const *)program->arguments,
        .environment = environment,
        .directory = context->directory,
        .may_mount = true,
        .handles = parcel.handles,
        .handle_count = parcel.handle_count,
        .data = parcel.text.data,
        .data_size = parcel.text.size,
        .priority = jobs == nullptr ? base_priority() : (uint32_t)jobs->value,
    };
    return launch(context, program, &options, &parcel);
}

// The child goes on by itself; its parent's vfork returns the second time.
[[noreturn]] static void return_to_parent(long result)
{
    struct context *child = context_current();
    jmp_buf resume;
    memcpy(&resume, &child->resume, sizeof resume);
    context_leave_child();
    thread_self()->depth = 0;
    longjmp(resume, (int)result);
}

int64_t call_execve(const int64_t *a)
{
    struct program program = {.path = (const char *)a[0],
                              .arguments = (char *const *)a[1],
                              .environment = (char *const *)a[2]};
    long error = load_and_start(&program, 0);
    if (error < 0) return error;
    if (context_is_child()) {
        uint32_t pid = context_current()->pid;
        return_to_parent(pid != 0 ? (long)pid : 1);
    }
    fe_exit(0);
}

int64_t call_exit_group(const int64_t *a)
{
    if (!context_is_child()) fe_exit((int32_t)(a[0] & 0xff));
    struct context *child = context_current();
    int32_t status = (int32_t)((a[0] & 0xff) << 8);
    struct p9_control wish = {
        .request = CONTROL_PROCESS_EXIT, .data = &status, .size = sizeof status};
    if (child->process != nullptr) p9_control(child->process, &wish);
    return_to_parent(child->pid != 0 ? (long)child->pid : 1);
}

// --- vfork and posix_spawn ---

// The C half of vfork (arch/<isa>/user/context.S): where setjmp is to save the caller, or nullptr.
void *posix_vfork_prepare(void);
void *posix_vfork_prepare(void)
{
    struct thread *thread = thread_self();
    thread_enter(thread);
    long error = context_enter_child();
    thread_leave(thread);
    if (error < 0) {
        errno = (int)-error;
        return nullptr;
    }
    return &context_current()->resume;
}

// There is no second copy of a running program on Ferrite: fork() fails, vfork() and posix_spawn()
// work.
int _Fork(void);
int _Fork(void)
{
    errno = ENOSYS;
    return -1;
}
