// SPDX-License-Identifier: MIT
// Message queues: files of /dev/mqueue, which take and give messages by control requests. The C
// library has taken the slash off their names.
#include "call.h"
#include "context.h"
#include "deadline.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/dev/mqueue"

struct queue_path {
    char text[sizeof FOLDER + NAME_MAX + 1];
};

static long path_of(const char *name, struct queue_path *path)
{
    size_t size = strnlen(name, NAME_MAX + 1);
    if (size > NAME_MAX) return -ENAMETOOLONG;
    if (size == 0) return -EINVAL;
    if (strchr(name, '/') != nullptr) return -EACCES;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return -EACCES;
    memcpy(path->text, FOLDER "/", sizeof FOLDER);
    memcpy(path->text + sizeof FOLDER, name, size + 1);
    return 0;
}

static bool fits(long value)
{
    return value > 0 && value <= (long)INT32_MAX;
}

// Makes and opens it in one step.
static long create(const char *name, const int64_t *a, struct p9_file **file)
{
    const struct mq_attr *shape = (const struct mq_attr *)a[3];
    struct p9_file *root;
    struct {
        struct fe_queue_create head;
        char name[NAME_MAX];
    } wish = {.head = {.flags = open_flags_to_protocol((int)a[1] & (O_ACCMODE | O_NONBLOCK)),
                       .mode = (uint32_t)a[2] & ~context_current()->umask & 0777}};
    if (shape != nullptr) {
        if (!fits(shape->mq_maxmsg) || !fits(shape->mq_msgsize)) return -EINVAL;
        wish.head.capacity = (uint32_t)shape->mq_maxmsg;
        wish.head.message_size = (uint32_t)shape->mq_msgsize;
    }
    size_t size = strlen(name);
    memcpy(wish.name, name, size);
    long error = p9_open(FOLDER, OPEN_DIRECTORY, 0, &root);
    if (error < 0) return error == -ENOENT ? -ENOSYS : error;
    wish.head.fid = p9_fid_allocate(root->session);
    struct p9_control make = {
        .request = CONTROL_QUEUE_CREATE, .data = &wish, .size = sizeof wish.head + size};
    error = p9_control(root, &make);
    if (error == 0) {
        *file = p9_file_adopt(root->session, wish.head.fid, wish.head.flags);
        if (*file == nullptr) error = -ENOMEM;
    }
    p9_close(root);
    return error;
}

// Another process may make it, or remove it, between the two.
static long find_or_create(const struct queue_path *path, const int64_t *a, struct p9_file **file)
{
    int flags = (int)a[1];
    for (;;) {
        long error = -ENOENT;
        if ((flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL)) {
            uint32_t how = open_flags_to_protocol(flags & (O_ACCMODE | O_NONBLOCK));
            error = p9_open(path->text, how, 0, file);
        }
        if (error != -ENOENT || (flags & O_CREAT) == 0) return error;
        error = create(path->text + sizeof FOLDER, a, file);
        if (error != -EEXIST || (flags & O_EXCL) != 0) return error;
    }
}

int64_t call_mq_open(const int64_t *a)
{
    struct queue_path path;
    struct p9_file *p9;
    if ((a[1] & O_ACCMODE) == O_ACCMODE) return -EINVAL;
    long error = path_of((const char *)a[0], &path);
    if (error == 0) error = find_or_create(&path, a, &p9);
    if (error < 0) return error;
    p9->qid_kind = QID_DEVICE; // it has no position
    struct file *file = file_create(p9, (int)a[1] & (O_ACCMODE | O_NONBLOCK));
    return file == nullptr ? -ENOMEM : file_install(file, O_CLOEXEC);
}

int64_t call_mq_unlink(const int64_t *a)
{
    struct queue_path path;
    long error = path_of((const char *)a[0], &path);
    return error < 0 ? error : p9_remove(path.text, 0);
}

// What is no queue knows nothing of it.
static long run(int64_t descriptor, struct p9_control *control)
{
    struct file *file = file_hold(descriptor);
    if (file == nullptr) return -EBADF;
    long error = file->p9 == nullptr ? -ENOTTY : p9_control(file->p9, control);
    file_put(file);
    if (error == -EINTR) return RESTART;
    return error == -ENOTTY || error == -ENOSYS ? -EBADF : error;
}

// A time that is none is an error only for who would have to wait.
static bool wish_make(const int64_t *a, struct fe_queue_wish *wish)
{
    *wish = (struct fe_queue_wish){};
    bool is_valid = time_deadline_at((const struct timespec *)a[4], true, &wish->deadline);
    if (!is_valid) wish->deadline = 0;
    return is_valid;
}

int64_t call_mq_timedsend(const int64_t *a)
{
    size_t size = (size_t)a[2];
    struct fe_queue_wish wish;
    bool is_valid = wish_make(a, &wish);
    if (size > FE_QUEUE_SIZE_MAX) return -EMSGSIZE;
    if ((uint64_t)a[3] >= FE_QUEUE_PRIORITIES) return -EINVAL;
    wish.priority = (uint32_t)a[3];
    uint8_t *data = malloc(sizeof wish + size);
    if (data == nullptr) return -ENOMEM;
    memcpy(data, &wish, sizeof wish);
    memcpy(data + sizeof wish, (const void *)a[1], size);
    struct p9_control send = {.request = CONTROL_QUEUE_SEND,
                              .data = data,
                              .size = sizeof wish + size,
                              .deadline = FE_FOREVER};
    long error = run(a[0], &send);
    free(data);
    return error == -ETIMEDOUT && !is_valid ? -EINVAL : error;
}

int64_t call_mq_timedreceive(const int64_t *a)
{
    size_t size = (size_t)a[2] < FE_QUEUE_SIZE_MAX ? (size_t)a[2] : FE_QUEUE_SIZE_MAX;
    struct fe_queue_wish wish;
    bool is_valid = wish_make(a, &wish);
    wish.capacity = (uint32_t)size;
    struct p9_control receive = {.request = CONTROL_QUEUE_RECEIVE,
                                 .data = &wish,
                                 .size = sizeof wish,
                                 .deadline = FE_FOREVER,
                                 .reply = (void *)a[1],
                                 .reply_capacity = size};
    long error = run(a[0], &receive);
    if (error == -ETIMEDOUT && !is_valid) return -EINVAL;
    if (error < 0) return error;
    if (a[3] != 0) *(unsigned *)a[3] = (unsigned)receive.value;
    return (int64_t)receive.reply_size;
}

int64_t call_mq_getsetattr(const int64_t *a)
{
    const struct mq_attr *wanted = (const struct mq_attr *)a[1];
    struct mq_attr *before = (struct mq_attr *)a[2];
    struct fe_queue_status status;
    struct p9_control ask = {
        .request = CONTROL_QUEUE_STATUS, .reply = &status, .reply_capacity = sizeof status};
    long error = run(a[0], &ask);
    if (error < 0) return error;
    if (ask.reply_size != sizeof status) return -EPROTO;
    int64_t flags = call_fcntl((const int64_t[6]){a[0], F_GETFL});
    if (flags < 0) return flags;
    if (before != nullptr) {
        *before = (struct mq_attr){.mq_flags = (long)(flags & O_NONBLOCK),
                                   .mq_maxmsg = (long)status.capacity,
                                   .mq_msgsize = (long)status.message_size,
                                   .mq_curmsgs = (long)status.count};
    }
    if (wanted == nullptr) return 0;
    if ((wanted->mq_flags & ~(long)O_NONBLOCK) != 0) return -EINVAL;
    flags = (flags & ~(int64_t)O_NONBLOCK) | wanted->mq_flags;
    return call_fcntl((const int64_t[6]){a[0], F_SETFL, flags});
}

// What mq_notify here is made of: a[1]: as CONTROL_QUEUE_NOTIFY; a[2]: where the number goes.
int64_t call_mq_notify(const int64_t *a)
{
    uint32_t wish = (uint32_t)a[1];
    struct p9_control notify = {
        .request = CONTROL_QUEUE_NOTIFY, .data = &wish, .size = sizeof wish};
    long error = run(a[0], &notify);
    if (error == 0 && a[2] != 0) *(uint64_t *)a[2] = notify.value;
    return error;
}
