// SPDX-License-Identifier: MIT
// Takes over open files that somebody hands on. An input is who does (1 byte: anybody, with so many
// sessions, or from 128 on the parent), and the text that describes them. What is taken is an open
// file that belongs to one of the sessions; from anybody no name comes along. What was not taken is
// closed, each once.
#define _GNU_SOURCE
#include "lib/posix/inherit_text.c"

#include "lib/posix/descriptor.c"
#include "lib/posix/inherit.c"

#include "test/refused.h"

#include <stdio.h>

#include <user/syscalls.c>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : uint8_t { PARENT = 128 };

struct p9_session {
    uint32_t references;
};
struct socket {
    struct p9_file *control;
};

static bool is_parent;
static uint32_t sessions, parts, files_open, sockets;
bool thread_has_others;
struct fe_lock context_guard;

static void must(bool condition)
{
    if (!condition) abort();
}

// --- What becomes of the parts: each is counted ---

struct p9_session *p9_session_adopt(fe_handle handle)
{
    struct p9_session *session = malloc(sizeof *session);
    must(handle != FE_NO_HANDLE);
    *session = (struct p9_session){.references = 1};
    sessions++;
    return session;
}

void p9_session_put(struct p9_session *session)
{
    if (--session->references != 0) return;
    sessions--;
    free(session);
}

struct p9_file *p9_file_adopt(struct p9_session *session, uint32_t fid, uint32_t flags)
{
    struct p9_file *file = calloc(1, sizeof *file);
    must(fid != FE_9P_NO_FID);
    *file = (struct p9_file){.session = session, .fid = fid, .flags = flags};
    session->references++;
    parts++;
    return file;
}

int p9_close(struct p9_file *file)
{
    p9_session_put(file->session);
    free(file->path);
    free(file);
    parts--;
    return 0;
}

struct socket *socket_adopt(struct p9_file *control, const struct inherit_file *entry)
{
    struct socket *made = malloc(sizeof *made);
    must(entry->kind == INHERIT_SOCKET && (control == nullptr) == (entry->control == FE_9P_NO_FID));
    *made = (struct socket){control};
    sockets++;
    return made;
}

struct file *file_create(struct p9_file *p9, int flags)
{
    struct file *file = calloc(1, sizeof *file);
    *file = (struct file){.references = 1, .flags = flags, .p9 = p9};
    files_open++;
    return file;
}

int file_destroy(struct file *file)
{
    if (file->socket && file->socket->control) p9_close(file->socket->control);
    if (file->socket) sockets--;
    if (file->p9) p9_close(file->p9);
    free(file->socket);
    free(file);
    files_open--;
    return 0;
}

int open_flags_from_protocol(uint32_t flags)
{
    return (int)(flags & 3);
}

fe_handle fe_start_handle(const char *name)
{
    must(strncmp(name, "files/", 6) == 0);
    return strlen(name) == 7 && name[6] < '4' ? (fe_handle)(name[6] - '0' + 1) : FE_NO_HANDLE;
}

size_t fe_format(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    must((size_t)length < size);
    return (size_t)length;
}

void signal_inherit(struct context *context, uint64_t ignored, uint64_t blocked) {}

// Of sending, starting and ending, which are not fed.

int p9_share(struct p9_file *const *files, size_t count, fe_handle *session)
{
    abort();
}

int p9_file_stat(struct p9_file *file, struct fe_9p_attributes *attributes)
{
    abort();
}

void fe_handle_drop(fe_handle *handle)
{
    abort();
}

const struct fe_start *fe_start(void)
{
    abort();
}

const struct fe_start_handle *fe_start_find_prefix(const char *prefix, uint32_t index)
{
    abort();
}

const char *fe_start_handle_name(const struct fe_start_handle *entry)
{
    abort();
}

void fe_log(const char *format, ...)
{
    abort();
}

void fe_exit(int32_t code)
{
    abort();
}

struct p9_file *socket_control_file(const struct socket *socket)
{
    abort();
}

void socket_describe(const struct socket *socket, struct inherit_file *entry)
{
    abort();
}

uint32_t open_flags_to_protocol(int flags)
{
    abort();
}

uint64_t signal_ignored(const struct context *context)
{
    abort();
}

uint64_t context_blocked(const struct context *context)
{
    abort();
}

void fe_lock_wait(struct fe_lock *lock)
{
    abort();
}

void fe_lock_pass(struct fe_lock *lock)
{
    abort();
}

uint32_t fe_thread_number(void)
{
    return 1;
}

// --- The inputs ---

static void file_check(const struct file *file)
{
    must(file->references > 0 && (file->p9 != nullptr || file->socket != nullptr));
    if (file->p9) must(file->p9->path == nullptr && file->p9->io_unit == 0);
    if (file->socket && file->socket->control) must(file->socket->control->path == nullptr);
}

static void take_from_anybody(uint8_t count, const uint8_t *text, size_t size)
{
    static fe_handle handles[PARENT];
    struct file *files[INHERIT_FILES_MAX];
    size_t most = count % 2 ? INHERIT_FILES_MAX : 3;
    for (size_t i = 0; i < count; i++) handles[i] = i + 1;
    const struct inherit_delivery delivery = {
        .text = text, .size = size, .handles = handles, .handle_count = count};
    long result = inherit_unpack_files(&delivery, files, most);
    must(result == -EPROTO || (result >= 0 && result <= (long)most));
    for (long i = 0; i < result; i++) file_check(files[i]);
    for (long i = 0; i < result; i++) file_put(files[i]);
}

static void take_from_parent(const uint8_t *text, size_t size)
{
    struct context context = {};
    bool is_done = restore_text(text, size, &context);
    struct inherit_reader reader;
    bool is_form = inherit_open(&reader, text, size);
    must(is_done || inherit_is_marked(text, size));
    if (is_done && !is_form) must(!inherit_is_marked(text, size));
    if (is_form) must(strcmp(context.program, reader.program) == 0);
    must(is_form == (context.program != nullptr));
    descriptor_clear(&context.descriptors);
    free(context.program);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0) return 0;
    size_t count = size - 1;
    uint8_t *text = malloc(count); // of its own size, so that reading past the end is seen
    memcpy(text, input + 1, count);
    is_parent = input[0] >= PARENT;
    if (is_parent)
        take_from_parent(text, count);
    else
        take_from_anybody(input[0], text, count);
    free(text);
    must(sessions == 0 && parts == 0 && files_open == 0 && sockets == 0);
    return 0;
}
