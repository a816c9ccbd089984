// SPDX-License-Identifier: MIT
// From a request to the function that serves it: the fid that it begins with is found, what would
// change something is refused where nothing may change, and what is no request is told.
#include "exportfs.h"

struct service {
    export_function *serve;
    bool changes;
};

static const struct service services[] = {
    [WIRE_STATFS] = {export_statfs, false},      [WIRE_OPEN] = {export_open, false},
    [WIRE_CREATE] = {export_create, true},       [WIRE_SYMLINK] = {export_symlink, true},
    [WIRE_MKNOD] = {export_mknod, true},         [WIRE_RENAME] = {export_rename, true},
    [WIRE_READLINK] = {export_readlink, false},  [WIRE_GETATTR] = {export_getattr, false},
    [WIRE_SETATTR] = {export_setattr, true},     [WIRE_READDIR] = {export_readdir, false},
    [WIRE_FSYNC] = {export_fsync, false},        [WIRE_LOCK] = {export_lock, false},
    [WIRE_LINK] = {export_link, true},           [WIRE_MKDIR] = {export_mkdir, true},
    [WIRE_RENAME_AT] = {export_rename_at, true}, [WIRE_UNLINK_AT] = {export_unlink_at, true},
    [WIRE_WALK] = {export_walk, false},          [WIRE_READ] = {export_read, false},
    [WIRE_WRITE] = {export_write, false},   // of a file that could be opened so
    [WIRE_REMOVE] = {export_remove, false}, // which forgets the fid in any case
    [WIRE_POLL] = {export_poll, false},          [WIRE_CONTROL] = {export_control, false},
};

// A proof is only read and written, and leads nowhere.
static bool suits_proof(uint8_t type)
{
    return type == WIRE_READ || type == WIRE_WRITE;
}

static int export_fid(struct worker *worker, const struct service *service)
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
    if (type == WIRE_ATTACH) return export_attach(worker);
    if (type == WIRE_AUTH) return export_auth(worker);
    if (type == WIRE_CLUNK) return fid_remove((uint32_t)worker->request.number[0]);
    bool is_known = type < sizeof services / sizeof services[0] && services[type].serve;
    if (type >= WIRE_POLL && !has_own_requests) is_known = false;
    return is_known ? export_fid(worker, &services[type]) : -EOPNOTSUPP;
}
