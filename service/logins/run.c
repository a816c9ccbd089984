// SPDX-License-Identifier: MIT
// What the user runs: on a terminal, or between three pipes. Its other ends are handed to the
// conversation's owner in one session each, with nothing else in it.
#include "logins.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { TERMINALS_MOST = 8, MEMORY_PARTS = 8, MEMORY_KEPT = 4 };
enum : size_t { COMMAND_SIZE = 32 * 1024, KIND_SIZE = 64 };

void terminal_free(struct terminal *terminal)
{
    p9_close(terminal->file);
    free(terminal);
}

void running_free(struct running *running)
{
    fe_handle_drop(&running->process);
    free(running);
}

// --- Terminals ---

static int open_slave(struct p9_file *master, struct terminal *terminal)
{
    uint32_t is_locked = 0;
    struct p9_control number = {.request = CONTROL_PTY_NUMBER};
    struct p9_control lock = {
        .request = CONTROL_PTY_LOCK, .data = &is_locked, .size = sizeof is_locked};
    int result = p9_control(master, &number);
    if (result == 0) result = p9_control(master, &lock);
    if (result != 0) return result;
    terminal->number = (uint32_t)number.value;
    snprintf(terminal->path, sizeof terminal->path, "/dev/pts/%u", terminal->number);
    return p9_open(terminal->path, OPEN_READ_WRITE, 0, &terminal->file);
}

static int make_terminal(struct work *work, struct terminal *terminal)
{
    struct p9_file *master;
    int result = p9_open("/dev/ptmx", OPEN_READ_WRITE, 0, &master);
    if (result != 0) return result;
    result = open_slave(master, terminal);
    if (result == 0) result = p9_share(&master, 1, &work->handle);
    work->fids[0] = master->fid;
    work->fid_count = 1;
    p9_close(master);
    return result;
}

int64_t run_terminal(struct work *work)
{
    struct conversation *conversation = work->conversation;
    uint32_t count = 0;
    if (!conversation->is_proved) return -EPERM;
    for (struct terminal *at = conversation->terminals; at; at = at->next) count++;
    if (count == TERMINALS_MOST) return -EMFILE;
    struct terminal *terminal = calloc(1, sizeof *terminal);
    if (terminal == nullptr) return -ENOMEM;
    int result = make_terminal(work, terminal);
    if (result != 0) {
        terminal_free(terminal);
        return result;
    }
    terminal->next = conversation->terminals;
    conversation->terminals = terminal;
    return terminal->number;
}

static struct terminal *terminal_take(struct conversation *conversation, uint32_t number)
{
    struct terminal **at = &conversation->terminals;
    while (*at && (*at)->number != number) at = &(*at)->next;
    struct terminal *found = *at;
    if (found) *at = found->next;
    return found;
}

// What login shows as well.
static void show_message_of_the_day(struct p9_file *terminal)
{
    struct p9_file *file;
    char text[1000];
    if (p9_open("/etc/motd", OPEN_READ, 0, &file) != 0) return;
    int64_t size = p9_read(file, 0, text, sizeof text);
    if (size > 0) (void)p9_write(terminal, FE_9P_POSITION, text, (size_t)size);
    p9_close(file);
}

// --- Pipes ---

struct pipes {
    struct p9_file *inner[LOGIN_FILES], *outer[LOGIN_FILES];
};

static int make_pipe(struct p9_file *service, struct pipes *pipes, uint32_t index)
{
    struct p9_session *session = service->session;
    struct fe_pair_wish pair = {.fid = {p9_fid_allocate(session), p9_fid_allocate(session)}};
    struct p9_control wish = {.request = CONTROL_PIPE, .data = &pair, .size = sizeof pair};
    int result = p9_control(service, &wish);
    if (result != 0) return result;
    struct p9_file *reader = p9_file_adopt(session, pair.fid[0], OPEN_READ);
    struct p9_file *writer = p9_file_adopt(session, pair.fid[1], OPEN_WRITE);
    pipes->inner[index] = index == 0 ? reader : writer;
    pipes->outer[index] = index == 0 ? writer : reader;
    return reader && writer ? 0 : -ENOMEM;
}

static int make_pipes(struct work *work, struct pipes *pipes)
{
    struct p9_file *service;
    int result = p9_open("/srv/pipe", OPEN_DIRECTORY, 0, &service);
    if (result != 0) return result;
    for (uint32_t i = 0; i < LOGIN_FILES && result == 0; i++) result = make_pipe(service, pipes, i);
    if (result == 0) result = p9_share(pipes->outer, LOGIN_FILES, &work->handle);
    for (uint32_t i = 0; i < LOGIN_FILES && result == 0; i++) work->fids[i] = pipes->outer[i]->fid;
    work->fid_count = LOGIN_FILES;
    p9_close(service);
    return result;
}

static void close_pipes(struct pipes *pipes)
{
    for (uint32_t i = 0; i < LOGIN_FILES; i++) {
        p9_close(pipes->inner[i]);
        p9_close(pipes->outer[i]);
    }
}

// --- Programs ---

// Names that the files of namespace(5) add; whatever becomes of it, the user's program is next.
static void add_names(const struct conversation *conversation)
{
    static const char *const newns[] = {"newns", nullptr};
    FE_HANDLE process = FE_NO_HANDLE, event = FE_NO_HANDLE;
    struct login_environment environment;
    struct p9_file *nothing;
    uint64_t bits;
    if (p9_open("/dev/null", OPEN_READ_WRITE, 0, &nothing) != 0) return;
    login_environment_init(&environment, &conversation->user, "dumb");
    const struct login_process what = {.user = &conversation->user,
                                       .program = "/bin/newns",
                                       .arguments = newns,
                                       .environment = environment.list,
                                       .name_space = conversation->name_space,
                                       .memory = login_memory(MEMORY_PARTS, MEMORY_KEPT),
                                       .files = {nothing, nothing, nothing}};
    if (login_start(&what, &process) == 0 && fe_event_create(&event) == OK &&
        fe_process_watch(process, event, 1) == OK)
        (void)!fe_event_wait(event, 1, FE_UNINTERRUPTED, &bits);
    p9_close(nothing);
}

int run_enter(struct conversation *conversation)
{
    if (conversation->name_space != FE_NO_HANDLE) return 0;
    int result = login_namespace(&conversation->user, &conversation->name_space);
    if (result == 0) add_names(conversation);
    return result;
}

static int start(struct work *work, struct login_process *what)
{
    struct conversation *conversation = work->conversation;
    struct running *running = calloc(1, sizeof *running);
    if (running == nullptr) return -ENOMEM;
    int result = run_enter(conversation);
    what->user = &conversation->user;
    what->memory = login_memory(MEMORY_PARTS, MEMORY_KEPT);
    what->name_space = conversation->name_space;
    if (result == 0) result = login_start(what, &running->process);
    if (result != 0) {
        free(running);
        return result;
    }
    running->number = ++conversation->last_number;
    work->started = running;
    return 0;
}

static int start_with_pipes(struct work *work, struct login_process *what)
{
    struct pipes pipes = {};
    int result = make_pipes(work, &pipes);
    memcpy(what->files, pipes.inner, sizeof what->files);
    if (result == 0) result = start(work, what);
    close_pipes(&pipes);
    if (result != 0) fe_handle_drop(&work->handle);
    return result;
}

static int start_on_terminal(struct work *work, struct login_process *what, uint32_t number,
                             bool is_shell)
{
    struct terminal *terminal = terminal_take(work->conversation, number);
    if (terminal == nullptr) return -ENXIO;
    for (uint32_t i = 0; i < LOGIN_FILES; i++) what->files[i] = terminal->file;
    what->terminal = terminal->path;
    if (is_shell) show_message_of_the_day(terminal->file);
    int result = start(work, what);
    terminal_free(terminal);
    return result;
}

// The terminal's kind and the command, each with a NUL behind it.
struct wish {
    struct fe_login_start start;
    char kind[KIND_SIZE];
    char *command; // allocated
};

static int read_wish(struct sshkey_bytes data, struct wish *wish)
{
    if (data.size < sizeof wish->start + 1) return -EINVAL;
    memcpy(&wish->start, data.data, sizeof wish->start);
    const char *text = (const char *)data.data + sizeof wish->start;
    size_t size = data.size - sizeof wish->start, kind = strnlen(text, size);
    if (kind >= size || kind >= KIND_SIZE) return -EINVAL;
    memcpy(wish->kind, text, kind + 1);
    size -= kind + 1;
    if (size >= COMMAND_SIZE || memchr(text + kind + 1, 0, size)) return -EINVAL;
    wish->command = strndup(text + kind + 1, size);
    return wish->command ? 0 : -ENOMEM;
}

static int run_wish(struct work *work, const struct wish *wish)
{
    const struct user *user = &work->conversation->user;
    struct login_environment environment;
    char zero[64];
    bool is_shell = wish->command[0] == '\0';
    const char *base = strrchr(user->shell, '/');
    snprintf(zero, sizeof zero, "%s%s", is_shell ? "-" : "", base ? base + 1 : user->shell);
    const char *const arguments[] = {zero, is_shell ? nullptr : "-c", wish->command, nullptr};
    login_environment_init(&environment, user, wish->kind[0] ? wish->kind : "dumb");
    struct login_process what = {
        .program = user->shell, .arguments = arguments, .environment = environment.list};
    return wish->start.terminal == FE_LOGIN_PIPES
               ? start_with_pipes(work, &what)
               : start_on_terminal(work, &what, wish->start.terminal, is_shell);
}

int64_t run_start(struct work *work, struct sshkey_bytes data)
{
    struct wish wish = {};
    if (!work->conversation->is_proved) return -EPERM;
    int result = read_wish(data, &wish);
    if (result == 0) result = run_wish(work, &wish);
    free(wish.command);
    return result == 0 ? (int64_t)work->started->number : result;
}
