// SPDX-License-Identifier: MIT
// From a request to the function that serves it: the fid that it begins with is found, what would
// change something is refused where nothing may change, and what is no request is told.
#include "exportfs.h"

struct service {
    serve_function *serve;
    bool changes;
};

static const struct service services[] = {
    [WIRE_STATFS] = {serve_statfs, false},      [WIRE_OPEN] = {serve_open, false},
    [WIRE_CREATE] = {serve_create, true},       [WIRE_SYMLINK] = {serve_symlink, true},
    [WIRE_MKNOD] = {serve_mknod, true},         [WIRE_RENAME] = {serve_rename, true},
    [WIRE_READLINK] = {serve_readlink, false},  [WIRE_GETATTR] = {serve_getattr, false},
    [WIRE_SETATTR] = {serve_setattr, true},     [WIRE_READDIR] = {serve_readdir, false},
    [WIRE_FSYNC] = {serve_fsync, false},        [WIRE_LOCK] = {serve_lock, false},
    [WIRE_LINK] = {serve_link, true},           [WIRE_MKDIR] = {serve_mkdir, true},
    [WIRE_RENAME_AT] = {serve_rename_at, true}, [WIRE_UNLINK_AT] = {serve_unlink_at, true},
    [WIRE_WALK] = {serve_walk, false},          [WIRE_READ] = {serve_read, false},
    [WIRE_WRITE] = {serve_write, false},   // of a file that could be opened so
    [WIRE_REMOVE] = {serve_remove, false}, // which forgets the fid in any case
};

// A proof is only read and written, and leads nowhere.
static bool suits_proof(uint8_t type)
{
    return type == WIRE_READ || type == WIRE_WRITE;
}

static int serve_fid(struct worker *worker, const struct service *service)
{
    struct fid *fid = fid_get((uint32_t)worker->request.number[0]);
    if (fid == nullptr) return -EBADF;
    int result = -EINVAL;
    if (fid->proof == nullptr || suits_proof(worker->request.type)) {
        result = service->changes && !export.may_write ? -EROFS : service->serve(worker, fid);
    }
    fid_put(fid);
    return result;
}

int serve(struct worker *worker)
{
    uint8_t type = worker->request.type;
    if (type == WIRE_ATTACH) return serve_attach(worker);
    if (type == WIRE_AUTH) return serve_auth(worker);
    if (type == WIRE_CLUNK) return fid_remove((uint32_t)worker->request.number[0]);
    bool is_known = type < sizeof services / sizeof services[0] && services[type].serve;
    return is_known ? serve_fid(worker, &services[type]) : -EOPNOTSUPP;
}
