// SPDX-License-Identifier: MIT
// Requests to the service of logins, on the open file that this process was born with.
#include "login.h"

#include <9p/client.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/start.h>
#include <posix/adopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct p9_file *conversation;

// Nothing may wait: the server's loop is one thread. Whether a file waits is its server's to know.
static long adopt_file(struct p9_file *file, int flags)
{
    file->qid_kind = QID_DEVICE;
    long number = posix_adopt(file, flags);
    if (number >= 0 && fcntl((int)number, F_SETFL, flags | O_NONBLOCK) != 0) return -errno;
    return number;
}

int login_descriptor(void)
{
    static int descriptor = -1;
    if (descriptor >= 0) return descriptor;
    const struct fe_start_handle *entry = fe_start_find("login");
    struct p9_session *session = entry ? p9_session_adopt(entry->handle) : nullptr;
    if (session == nullptr) _exit(1);
    conversation = p9_file_adopt(session, (uint32_t)entry->value, OPEN_READ_WRITE);
    if (conversation == nullptr) _exit(1);
    descriptor = (int)adopt_file(conversation, O_RDWR);
    if (descriptor < 0) _exit(1);
    return descriptor;
}

int login_ask(uint32_t request, const void *first, size_t first_size, const void *second,
              size_t second_size)
{
    uint8_t *data = malloc(first_size + second_size + 1);
    if (data == nullptr) return -ENOMEM;
    memcpy(data, first, first_size);
    memcpy(data + first_size, second, second_size);
    login_descriptor();
    struct p9_control control = {
        .request = request, .data = data, .size = first_size + second_size};
    int result = p9_control(conversation, &control);
    explicit_bzero(data, first_size + second_size);
    free(data);
    return result;
}

int login_tell(uint32_t request, const void *data, size_t size, void *reply, size_t *reply_size)
{
    login_descriptor();
    struct p9_control control = {.request = request,
                                 .data = data,
                                 .size = size,
                                 .reply = reply,
                                 .reply_capacity = *reply_size};
    int result = p9_control(conversation, &control);
    *reply_size = control.reply_size;
    return result;
}

// Descriptors for files of one session that was given; the session's own reference is dropped.
static int adopt(fe_handle handle, const uint32_t *fids, const int *flags, int *descriptors,
                 uint32_t count)
{
    long number = 0;
    struct p9_session *session = p9_session_adopt(handle);
    if (session == nullptr) return -ENOMEM;
    for (uint32_t i = 0; i < count && number >= 0; i++) {
        struct p9_file *file = p9_file_adopt(session, fids[i], (uint32_t)flags[i]);
        number = -ENOMEM;
        if (file == nullptr) break;
        number = adopt_file(file, flags[i]);
        if (number >= 0) descriptors[i] = (int)number;
    }
    p9_session_put(session);
    return number < 0 ? (int)number : 0;
}

long login_terminal(int *master)
{
    uint32_t fid;
    static const int flags[] = {O_RDWR};
    login_descriptor();
    struct p9_control control = {.request = CONTROL_LOGIN_TERMINAL,
                                 .reply = &fid,
                                 .reply_capacity = sizeof fid,
                                 .receive_most = 1};
    int result = p9_control(conversation, &control);
    if (result == 0 && (control.received_count != 1 || control.reply_size != sizeof fid))
        result = -EPROTO;
    if (result == 0) result = adopt(control.received[0], &fid, flags, master, 1);
    return result == 0 ? (long)control.value : result;
}

static int ask_start(struct p9_control *control, uint32_t terminal, const char *kind,
                     const char *command)
{
    struct fe_login_start start = {.terminal = terminal};
    size_t kind_size = strlen(kind) + 1, command_size = strlen(command);
    size_t size = sizeof start + kind_size + command_size;
    uint8_t *data = malloc(size);
    if (data == nullptr) return -ENOMEM;
    memcpy(data, &start, sizeof start);
    memcpy(data + sizeof start, kind, kind_size);
    memcpy(data + sizeof start + kind_size, command, command_size);
    login_descriptor();
    control->request = CONTROL_LOGIN_START;
    control->data = data;
    control->size = size;
    int result = p9_control(conversation, control);
    free(data);
    return result;
}

long login_start(uint32_t terminal, const char *kind, const char *command, int pipes[3])
{
    uint32_t fids[3];
    static const int flags[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    bool wants_pipes = terminal == LOGIN_PIPES;
    struct p9_control control = {
        .reply = fids, .reply_capacity = sizeof fids, .receive_most = wants_pipes ? 1 : 0};
    int result = ask_start(&control, terminal, kind ? kind : "", command ? command : "");
    if (result != 0) return result;
    if (wants_pipes) {
        if (control.received_count != 1 || control.reply_size != sizeof fids) return -EPROTO;
        result = adopt(control.received[0], fids, flags, pipes, 3);
    }
    return result == 0 ? (long)control.value : result;
}

int login_network(void)
{
    static bool is_there;
    struct p9_control control = {.request = CONTROL_LOGIN_NETWORK, .receive_most = 1};
    if (is_there) return 0;
    login_descriptor();
    int result = p9_control(conversation, &control);
    if (result != 0) return result;
    if (control.received_count != 1) return -EPROTO;
    p9_namespace_set(control.received[0]);
    is_there = true;
    return 0;
}

long login_ended(int *status)
{
    struct fe_login_end end;
    if (read(login_descriptor(), &end, sizeof end) != sizeof end) return 0;
    *status = end.status;
    return end.number;
}
