// SPDX-License-Identifier: MIT
// Pipes, and pairs of local sockets: two open files that the pipe service makes on one session.
#include "call.h"
#include "context.h"
#include "file.h"
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/lock.h>
#include <unistd.h>

static struct p9_file *service; // the pipe service's root, opened by the first pipe
static struct p9_file *former;  // that of one that died: another thread may still be using it
static struct fe_lock service_lock;

static long find_service(struct p9_file **root)
{
    long error = 0;
    fe_lock_take(&service_lock);
    if (service == nullptr) error = p9_open("/srv/pipe", OPEN_DIRECTORY, 0, &service);
    *root = service;
    fe_lock_release(&service_lock);
    return error;
}

static void forget_service(const struct p9_file *dead)
{
    fe_lock_take(&service_lock);
    if (service == dead) {
        p9_close(former);
        former = service;
        service = nullptr;
    }
    fe_lock_release(&service_lock);
}

// Two ends on the service's session, which is opened anew when the service was restarted.
static long make_pair(struct p9_file **root, uint32_t request, struct fe_pair_wish *wish)
{
    enum : int { TRIES = 3 };
    long error = -EIO;
    for (int tries = 0; error == -EIO && tries < TRIES; tries++) {
        error = find_service(root);
        if (error < 0) return error;
        wish->fid[0] = p9_fid_allocate((*root)->session);
        wish->fid[1] = p9_fid_allocate((*root)->session);
        struct p9_control control = {.request = request, .data = wish, .size = sizeof *wish};
        error = p9_control(*root, &control);
        if (error == -EIO) forget_service(*root);
    }
    return error;
}

long pipe_ask(struct p9_control *control)
{
    struct p9_file *root;
    long error = find_service(&root);
    if (error < 0) return error;
    error = p9_control(root, control);
    if (error == -EIO) forget_service(root);
    return error;
}

static struct file *make_end(struct p9_file *root, uint32_t fid, int flags)
{
    struct p9_file *p9 = p9_file_adopt(root->session, fid, open_flags_to_protocol(flags));
    if (p9 == nullptr) return nullptr;
    p9->qid_kind = QID_DEVICE;
    return file_create(p9, flags & (O_ACCMODE | O_NONBLOCK));
}

static void drop(struct file *file)
{
    if (file != nullptr) file_put(file);
}

long pipe_install(struct file *const files[2], int flags, int numbers[2])
{
    long first = file_install(files[0], flags);
    if (first < 0) {
        file_put(files[1]);
        return first;
    }
    long second = file_install(files[1], flags);
    if (second < 0) {
        call_close((const int64_t[6]){first});
        return second;
    }
    numbers[0] = (int)first;
    numbers[1] = (int)second;
    return 0;
}

long pipe_make(struct file **files, const struct pipe_kind *kind)
{
    struct p9_file *root;
    struct fe_pair_wish wish = {.type = kind->type,
                                .flags = open_flags_to_protocol(kind->flags & O_NONBLOCK)};
    long error = make_pair(&root, kind->request, &wish);
    if (error < 0) return error;
    int may_wait = kind->flags & O_NONBLOCK;
    files[0] = make_end(root, wish.fid[0], kind->access[0] | may_wait);
    if (kind->access[1] == PIPE_NONE) return files[0] == nullptr ? -ENOMEM : 0;
    files[1] = make_end(root, wish.fid[1], kind->access[1] | may_wait);
    if (files[0] != nullptr && files[1] != nullptr) return 0;
    drop(files[0]);
    drop(files[1]);
    return -ENOMEM;
}

int64_t call_pipe2(const int64_t *a)
{
    int flags = (int)a[1];
    struct file *ends[2];
    if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) != 0) return -EINVAL;
    struct pipe_kind kind = {
        .request = CONTROL_PIPE, .access = {O_RDONLY, O_WRONLY}, .flags = flags};
    long error = pipe_make(ends, &kind);
    return error < 0 ? error : pipe_install(ends, flags, (int *)a[0]);
}
