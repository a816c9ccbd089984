// SPDX-License-Identifier: MIT
// Pipes: a pair of open files that the pipe service makes on one session.
#include "call.h"
#include "context.h"
#include "file.h"
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
static long make_pair(struct p9_file **root, uint32_t fids[2])
{
    enum : int { TRIES = 3 };
    long error = -EIO;
    for (int tries = 0; error == -EIO && tries < TRIES; tries++) {
        error = find_service(root);
        if (error < 0) return error;
        fids[0] = p9_fid_allocate((*root)->session);
        fids[1] = p9_fid_allocate((*root)->session);
        struct p9_control wish = {.request = CONTROL_PIPE, .data = fids, .size = 2 * sizeof *fids};
        error = p9_control(*root, &wish);
        if (error == -EIO) forget_service(*root);
    }
    return error;
}

static struct file *make_end(struct p9_file *root, uint32_t fid, int flags)
{
    struct p9_file *p9 = p9_file_adopt(root->session, fid, open_flags_to_protocol(flags));
    if (p9 == nullptr) return nullptr;
    p9->qid_kind = QID_DEVICE;
    return file_create(p9, flags & (O_ACCMODE | O_NONBLOCK));
}

int64_t call_pipe2(const int64_t *a)
{
    struct p9_file *root;
    int *numbers = (int *)a[0], flags = (int)a[1];
    uint32_t fids[2];
    long error = make_pair(&root, fids);
    if (error < 0) return error;
    struct file *reader = make_end(root, fids[0], O_RDONLY | (flags & O_NONBLOCK));
    struct file *writer = make_end(root, fids[1], O_WRONLY | (flags & O_NONBLOCK));
    if (reader == nullptr || writer == nullptr) {
        if (reader != nullptr) file_put(reader);
        if (writer != nullptr) file_put(writer);
        return -ENOMEM;
    }
    long first = file_install(reader, flags);
    if (first < 0) {
        file_put(writer);
        return first;
    }
    long second = file_install(writer, flags);
    if (second < 0) {
        call_close((const int64_t[6]){first});
        return second;
    }
    numbers[0] = (int)first;
    numbers[1] = (int)second;
    return 0;
}
