// SPDX-License-Identifier: MIT
// Names and attributes. Paths never follow a link at their end: where a link leads is the client's
// to find out.
#include "exportfs.h"

#include <string.h>
#include <sys/sysmacros.h>

int export_getattr(struct worker *worker, struct fid *fid)
{
    struct fe_9p_attributes attributes;
    fid_path(fid, worker->path);
    int result = fid->file ? p9_file_stat(fid->file, &attributes)
                           : p9_stat(worker->path, FE_9P_NO_FOLLOW, &attributes);
    if (result != 0) return result;
    attributes.qid_path = qid_number(worker->path, attributes.qid_path);
    wire_attributes_put(&worker->reply, &attributes);
    return 0;
}

int export_setattr(struct worker *worker, struct fid *fid)
{
    struct fe_9p_attributes wish;
    uint32_t valid;
    if (!wire_change_get(&worker->request, &valid, &wish)) return -EINVAL;
    fid_path(fid, worker->path);
    if (valid == 0) return 0; // the time of the change, which follows from changes
    if (fid->file) return p9_file_set_attributes(fid->file, valid, &wish);
    return p9_set_attributes(worker->path, valid, FE_9P_NO_FOLLOW, &wish);
}

int export_statfs(struct worker *worker, struct fid *fid)
{
    struct fe_9p_statfs statistics;
    fid_path(fid, worker->path);
    int result = p9_statfs(worker->path, &statistics);
    if (result == 0) wire_statfs_put(&worker->reply, &statistics);
    return result;
}

int export_readlink(struct worker *worker, struct fid *fid)
{
    fid_path(fid, worker->path);
    int64_t size = p9_readlink(worker->path, worker->other, sizeof worker->other);
    if (size < 0) return (int)size;
    worker->reply.text[0] = (struct wire_text){worker->other, (uint32_t)size};
    return 0;
}

// The path of a name in the folder that the fid is.
static int path_in(struct fid *folder, struct wire_text name, char path[FE_PATH_MAX])
{
    fid_path(folder, path);
    return path_join(path, name);
}

// The qid of what was just made.
static int answer_made(struct worker *worker, int result)
{
    struct fe_9p_attributes attributes;
    if (result == 0) result = p9_stat(worker->path, FE_9P_NO_FOLLOW, &attributes);
    if (result == 0) qid_put(worker, 0, worker->path, attributes.qid_kind, attributes.qid_path);
    return result;
}

int export_symlink(struct worker *worker, struct fid *fid)
{
    struct wire_text target = worker->request.text[1];
    int result = path_in(fid, worker->request.text[0], worker->path);
    if (result != 0) return result;
    if (target.size >= sizeof worker->other) return -ENAMETOOLONG;
    if (memchr(target.text, '\0', target.size)) return -EINVAL;
    memcpy(worker->other, target.text, target.size);
    worker->other[target.size] = '\0';
    return answer_made(worker, p9_symlink(worker->other, worker->path));
}

int export_mknod(struct worker *worker, struct fid *fid)
{
    const uint64_t *number = worker->request.number;
    uint64_t device = makedev(number[2], number[3]);
    int result = path_in(fid, worker->request.text[0], worker->path);
    if (result == 0) result = p9_mknod(worker->path, (uint32_t)number[1], device);
    return answer_made(worker, result);
}

int export_mkdir(struct worker *worker, struct fid *fid)
{
    int result = path_in(fid, worker->request.text[0], worker->path);
    if (result == 0) {
        result = p9_mkdir(worker->path, (uint32_t)worker->request.number[1] & MODE_PERMISSIONS);
    }
    return answer_made(worker, result);
}

// The path of another fid of the request.
static int other_path(uint64_t number, char path[FE_PATH_MAX])
{
    struct fid *other = fid_get((uint32_t)number);
    if (other == nullptr) return -EBADF;
    bool is_file = other->proof == nullptr;
    if (is_file) fid_path(other, path);
    fid_put(other);
    return is_file ? 0 : -EINVAL;
}

int export_link(struct worker *worker, struct fid *fid)
{
    int result = path_in(fid, worker->request.text[0], worker->path);
    if (result == 0) result = other_path(worker->request.number[1], worker->other);
    return result == 0 ? p9_link(worker->other, worker->path) : result;
}

static int rename_to(struct worker *worker, uint64_t folder, struct wire_text name)
{
    int result = other_path(folder, worker->other);
    if (result == 0) result = path_join(worker->other, name);
    if (result == 0) result = p9_rename(worker->path, worker->other);
    if (result == 0) fid_renamed(worker->path, worker->other);
    return result;
}

int export_rename(struct worker *worker, struct fid *fid)
{
    fid_path(fid, worker->path);
    return rename_to(worker, worker->request.number[1], worker->request.text[0]);
}

int export_rename_at(struct worker *worker, struct fid *fid)
{
    int result = path_in(fid, worker->request.text[0], worker->path);
    if (result != 0) return result;
    return rename_to(worker, worker->request.number[1], worker->request.text[1]);
}

int export_unlink_at(struct worker *worker, struct fid *fid)
{
    enum : uint32_t { REMOVE_DIRECTORY = 0x200 };
    uint32_t flags = (uint32_t)worker->request.number[1];
    if ((flags & ~REMOVE_DIRECTORY) != 0) return -EINVAL;
    int result = path_in(fid, worker->request.text[0], worker->path);
    return result == 0 ? p9_remove(worker->path, flags ? FE_9P_REMOVE_DIRECTORY : 0) : result;
}

// A file or an empty folder. The fid is gone, whether that is or not.
int export_remove(struct worker *worker, struct fid *fid)
{
    int result = -EROFS;
    fid_path(fid, worker->path);
    if (export.may_write) result = p9_remove(worker->path, 0);
    if (result == -EISDIR) result = p9_remove(worker->path, FE_9P_REMOVE_DIRECTORY);
    (void)fid_remove(fid->number);
    return result;
}
