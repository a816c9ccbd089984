// SPDX-License-Identifier: MIT
// What goes over local sockets besides bytes: addresses of datagrams, and open files (SCM_RIGHTS).
// An open file travels as a child gets it: a session that has it, and a text that describes it.
#include "context.h"
#include "file.h"
#include "inherit.h"
#include "socket_internal.h"
#include <abi/message.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <stdlib.h>
#include <string.h>

// --- Sending -----------------------------------------------------------------------------------

// Adds the descriptors of one part of a message's control data, which has `left` bytes.
static long add_numbers(const uint8_t *at, size_t left, int numbers[static INHERIT_FILES_MAX],
                        size_t count)
{
    struct cmsghdr head;
    memcpy(&head, at, sizeof head);
    if (head.cmsg_level != SOL_SOCKET || head.cmsg_type != SCM_RIGHTS) return -EINVAL;
    if (head.cmsg_len < CMSG_LEN(0) || head.cmsg_len > left) return -EINVAL;
    size_t size = head.cmsg_len - CMSG_LEN(0);
    if (size > (INHERIT_FILES_MAX - count) * sizeof *numbers) return -ETOOMANYREFS;
    memcpy(numbers + count, at + CMSG_LEN(0), size);
    count += size / sizeof *numbers;
    return (long)count;
}

// The descriptors that a message has for the receiver; -EINVAL: what is no such thing.
static long numbers_of(const struct msghdr *message, int numbers[static INHERIT_FILES_MAX])
{
    long count = 0;
    size_t size =
        message == nullptr || message->msg_control == nullptr ? 0 : message->msg_controllen;
    for (size_t at = 0; count >= 0 && size >= at + sizeof(struct cmsghdr);) {
        const uint8_t *part = (const uint8_t *)message->msg_control + at;
        count = add_numbers(part, size - at, numbers, (size_t)count);
        at += CMSG_ALIGN(((const struct cmsghdr *)(const void *)part)->cmsg_len);
    }
    return count;
}

static void put_all(struct file **files, long count)
{
    for (long i = 0; i < count; i++) file_put(files[i]);
}

static long pack(const int *numbers, long count, struct inherit_parcel *parcel)
{
    struct file *files[INHERIT_FILES_MAX];
    *parcel = (struct inherit_parcel){};
    if (count == 0) return 0;
    for (long i = 0; i < count; i++) {
        files[i] = file_hold(numbers[i]);
        if (files[i] != nullptr) continue;
        put_all(files, i);
        return -EBADF;
    }
    long error = inherit_pack_files(files, (size_t)count, parcel);
    put_all(files, count);
    if (error == 0 && parcel->text.size > FE_SOCKET_FILES_MAX) {
        inherit_unpack(parcel, false);
        return -ETOOMANYREFS;
    }
    return error;
}

struct letter {
    uint8_t *data;
    size_t size;
};

// Head, the sender's name, the description of the files, the bytes.
static long compose(const struct socket *socket, const struct iovec *part, uint32_t flags,
                    const struct inherit_parcel *parcel, struct letter *letter)
{
    size_t name = socket->type == SOCK_DGRAM ? socket->name_size : 0, files = parcel->text.size;
    size_t before = sizeof(uint32_t) + name + files, count = part->iov_len;
    if (count > FE_9P_DATA_MAX - before) {
        if (socket->type != SOCK_STREAM) return -EMSGSIZE;
        count = FE_9P_DATA_MAX - before;
    }
    *letter = (struct letter){.data = malloc(before + count), .size = before + count};
    if (letter->data == nullptr) return -ENOMEM;
    uint32_t head = fe_socket_head(flags, (uint32_t)name, (uint32_t)files);
    memcpy(letter->data, &head, sizeof head);
    if (name != 0) memcpy(letter->data + sizeof head, socket->name, name);
    if (files != 0) memcpy(letter->data + sizeof head + name, parcel->text.data, files);
    if (count != 0) memcpy(letter->data + before, part->iov_base, count);
    return 0;
}

// What does not wait is answered at once, and never given up: it could have been sent.
static long post(struct file *file, struct p9_file *to, const struct letter *letter,
                 struct inherit_parcel *parcel, bool may_wait)
{
    fe_handle handles[FE_MESSAGE_HANDLES] = {};
    uint64_t timeout = may_wait ? file->socket->send_timeout : 0;
    struct p9_control control = {.request = CONTROL_SOCKET_SEND,
                                 .data = letter->data,
                                 .size = letter->size,
                                 .send = handles,
                                 .send_count = parcel->handle_count,
                                 .deadline = timeout == 0 ? 0 : fe_clock_after(timeout)};
    for (size_t i = 0; i < parcel->handle_count; i++) handles[i] = parcel->handles[i].handle;
    long error = p9_control(to, &control);
    inherit_unpack(parcel, true);
    if (error == -ETIMEDOUT) return -EAGAIN;
    if (error == -EIO && to != file->p9) return -ECONNREFUSED;
    return error < 0 ? error : (long)control.value;
}

static long send_over(struct file *file, struct p9_file *to, const struct iovec *part, int flags,
                      const struct msghdr *message)
{
    int numbers[INHERIT_FILES_MAX];
    struct inherit_parcel parcel;
    struct letter letter;
    bool may_wait = (flags & MSG_DONTWAIT) == 0 && (file->flags & O_NONBLOCK) == 0;
    long count = numbers_of(message, numbers);
    long error = count < 0 ? count : pack(numbers, count, &parcel);
    if (error < 0) return error;
    error = compose(file->socket, part, may_wait ? 0 : FE_SOCKET_NO_WAIT, &parcel, &letter);
    if (error < 0) {
        inherit_unpack(&parcel, false);
        return error;
    }
    error = post(file, to, &letter, &parcel, may_wait);
    free(letter.data);
    return error;
}

long local_send_whole(struct file *file, const struct iovec *part, int flags,
                      const struct msghdr *message)
{
    struct p9_file *root;
    struct socket *socket = file->socket;
    bool has_address = message != nullptr && message->msg_name != nullptr;
    if (!has_address && !socket->is_connected) return -ENOTCONN;
    if (!has_address)
        return send_over(file, socket->target ? socket->target : file->p9, part, flags, message);
    if (socket->type != SOCK_DGRAM) return socket->is_connected ? -EISCONN : -EOPNOTSUPP;
    long error = local_reach(message->msg_name, message->msg_namelen, &root);
    if (error < 0) return error;
    error = send_over(file, root, part, flags, message);
    p9_close(root);
    return error;
}

// --- Receiving ---------------------------------------------------------------------------------

struct answer {
    const char *name;
    size_t name_size;
    struct inherit_delivery files;
    const uint8_t *bytes;
    size_t size;
};

static bool read_answer(const struct p9_control *control, struct answer *answer)
{
    uint32_t head;
    const uint8_t *at = control->reply, *end = at + control->reply_size;
    if (control->reply_size < sizeof head) return false;
    memcpy(&head, at, sizeof head);
    at += sizeof head;
    size_t name = fe_socket_head_name(head), files = fe_socket_head_files(head);
    if (name > FE_SOCKET_NAME_MAX || name + files > (size_t)(end - at)) return false;
    *answer =
        (struct answer){.name = (const char *)at,
                        .name_size = name,
                        .files = {at + name, files, control->received, control->received_count},
                        .bytes = at + name + files};
    answer->size = (size_t)(end - answer->bytes);
    return true;
}

// Descriptors for what came, as many as there is room for. MSG_CTRUNC: there are more.
static int take_files(const struct inherit_delivery *delivery, struct msghdr *message, int flags)
{
    struct file *files[INHERIT_FILES_MAX];
    struct cmsghdr *to = message->msg_control;
    size_t room = message->msg_controllen < CMSG_LEN(0) ? 0 : message->msg_controllen - CMSG_LEN(0);
    long most = (long)(room / sizeof(int)), done = 0;
    long count = delivery->size == 0 ? 0 : inherit_unpack_files(delivery, files, INHERIT_FILES_MAX);
    message->msg_controllen = 0;
    for (long i = 0; i < count; i++) {
        bool fits = i < most && done == i;
        long number = fits ? file_install(files[i], flags & MSG_CMSG_CLOEXEC ? O_CLOEXEC : 0) : -1;
        if (!fits) file_put(files[i]);
        if (number < 0) continue;
        memcpy(CMSG_DATA(to) + done++ * (long)sizeof(int), &(int){(int)number}, sizeof(int));
    }
    if (done != 0) {
        *to = (struct cmsghdr){.cmsg_len = (socklen_t)CMSG_LEN((size_t)done * sizeof(int)),
                               .cmsg_level = SOL_SOCKET,
                               .cmsg_type = SCM_RIGHTS};
        size_t space = CMSG_SPACE((size_t)done * sizeof(int));
        message->msg_controllen =
            (socklen_t)(space < CMSG_LEN(0) + room ? space : CMSG_LEN(0) + room);
    }
    return count < 0 || done < count ? MSG_CTRUNC : 0;
}

static void give_address(const struct answer *answer, struct msghdr *message)
{
    uint32_t size = message->msg_namelen;
    if (message->msg_name == nullptr || answer->name_size == 0)
        size = 0;
    else
        local_give_name(answer->name, answer->name_size, message->msg_name, &size);
    message->msg_namelen = size;
}

static long take_answer(const struct p9_control *control, const struct iovec *part, int *flags,
                        struct msghdr *message)
{
    struct answer answer;
    int wanted = *flags;
    if (!read_answer(control, &answer) || answer.size > part->iov_len) return -EPROTO;
    memcpy(part->iov_base, answer.bytes, answer.size);
    *flags = control->value > answer.size ? MSG_TRUNC : 0;
    give_address(&answer, message);
    if (message->msg_control != nullptr) *flags |= take_files(&answer.files, message, wanted);
    return (long)(wanted & MSG_TRUNC ? control->value : answer.size);
}

long local_receive_whole(struct file *file, const struct iovec *part, int *flags,
                         struct msghdr *message)
{
    size_t capacity = part->iov_len < FE_9P_DATA_MAX ? part->iov_len : FE_9P_DATA_MAX;
    size_t room = sizeof(uint32_t) + FE_SOCKET_NAME_MAX + capacity;
    struct fe_socket_receive wish = {.capacity = (uint32_t)capacity, .flags = FE_SOCKET_WHOLE};
    if (*flags & MSG_PEEK) wish.flags |= FE_SOCKET_PEEK;
    if (*flags & MSG_DONTWAIT) wish.flags |= FE_SOCKET_NO_WAIT;
    if (message->msg_control != nullptr) {
        wish.flags |= FE_SOCKET_FILES;
        room += FE_SOCKET_FILES_MAX;
    }
    if (room > FE_9P_DATA_MAX) room = FE_9P_DATA_MAX;
    long error = socket_wait(file, READY_IN, *flags & MSG_DONTWAIT, file->socket->receive_timeout);
    void *reply = error < 0 ? nullptr : malloc(room);
    if (reply == nullptr) return error < 0 ? error : -ENOMEM;
    struct p9_control control = {.request = CONTROL_SOCKET_RECEIVE,
                                 .data = &wish,
                                 .size = sizeof wish,
                                 .reply = reply,
                                 .reply_capacity = room,
                                 .receive_most = FE_MESSAGE_HANDLES};
    error = p9_control(file->p9, &control);
    if (error >= 0) error = take_answer(&control, part, flags, message);
    free(reply);
    return error;
}
