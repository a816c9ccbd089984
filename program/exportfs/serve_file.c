// SPDX-License-Identifier: MIT
// Attaching, walking, and open files.
#include "exportfs.h"

#include <string.h>

enum : uint32_t {
    OPEN_KNOWN = OPEN_ACCESS | OPEN_TRUNCATE | OPEN_APPEND | OPEN_NONBLOCK | OPEN_DIRECTORY,
    ATTACH_PROOF = 1, // numbers of an attach request
    READ_HEAD = WIRE_HEADER + 4,
};

uint8_t *data_place(struct worker *worker)
{
    return worker->answer + READ_HEAD;
}

static int qid_of(struct worker *worker, uint32_t at, const char *path)
{
    struct fe_9p_attributes attributes;
    int result = p9_stat(path, FE_9P_NO_FOLLOW, &attributes);
    if (result == 0) qid_put(worker, at, path, attributes.qid_kind, attributes.qid_path);
    return result;
}

int export_attach(struct worker *worker)
{
    const struct wire_message *request = &worker->request;
    struct fid *fid, *proof;
    int result = 0;
    if (export.key) {
        proof = fid_get((uint32_t)request->number[ATTACH_PROOF]);
        bool is_good = proof && proof->proof && proof_is_good(proof->proof, request);
        if (proof) fid_put(proof);
        if (!is_good) return -EACCES;
    }
    if (request->text[1].size != 0 && !wire_text_is(request->text[1], "/")) return -ENOENT;
    result = qid_of(worker, 0, "/");
    if (result == 0) result = fid_create((uint32_t)request->number[0], "/", nullptr, &fid);
    if (result != 0) return result;
    fid_put(fid);
    __atomic_store_n(&export.is_attached, true, __ATOMIC_RELAXED);
    return 0;
}

// From an open fid too, as some clients do. A walk that does not reach its end makes no fid, but
// tells how far it came; one that does not even reach its first name fails.
int export_walk(struct worker *worker, struct fid *fid)
{
    const struct wire_message *request = &worker->request;
    uint32_t count = (uint32_t)request->number[2], done = 0;
    int result = 0;
    fid_path(fid, worker->path);
    for (; done < count && result == 0; done += result == 0) {
        result = path_join(worker->path, request->text[done]);
        if (result == 0) result = qid_of(worker, 1 + 3 * done, worker->path);
    }
    worker->reply.number[0] = done;
    if (done < count) return done == 0 ? result : 0;
    if (request->number[1] == request->number[0]) return fid_path_set(fid, worker->path);
    struct fid *made;
    result = fid_create((uint32_t)request->number[1], worker->path, nullptr, &made);
    if (result == 0) fid_put(made);
    return result;
}

static uint32_t io_unit(void)
{
    uint32_t most = message_size - WIRE_DATA_HEADER;
    return most < FE_9P_DATA_MAX ? most : (uint32_t)FE_9P_DATA_MAX;
}

static int open_path(struct worker *worker, struct fid *fid, uint32_t flags, uint32_t mode)
{
    struct p9_file *file;
    uint32_t access = flags & OPEN_ACCESS;
    if (access == OPEN_PATH || fid->file) return -EINVAL;
    bool changes = access != OPEN_READ || (flags & OPEN_TRUNCATE) != 0;
    if (changes && !export.may_write) return -EROFS;
    int result = p9_open(worker->path, flags | OPEN_NO_FOLLOW, mode, &file);
    if (result != 0) return result;
    qid_put(worker, 0, worker->path, file->qid_kind, file->qid_path);
    worker->reply.number[3] = io_unit();
    if ((flags & OPEN_CREATE) != 0) result = fid_path_set(fid, worker->path);
    if (result == 0) result = fid_open(fid, file);
    if (result != 0) p9_close(file);
    return result;
}

int export_open(struct worker *worker, struct fid *fid)
{
    fid_path(fid, worker->path);
    return open_path(worker, fid, (uint32_t)worker->request.number[1] & OPEN_KNOWN, 0);
}

// The folder's fid is the new file's from here on.
int export_create(struct worker *worker, struct fid *fid)
{
    const uint64_t *number = worker->request.number;
    uint32_t flags = ((uint32_t)number[1] & (OPEN_KNOWN | OPEN_EXCLUSIVE)) | OPEN_CREATE;
    fid_path(fid, worker->path);
    int result = path_join(worker->path, worker->request.text[0]);
    if (result != 0) return result;
    return open_path(worker, fid, flags, (uint32_t)number[2] & MODE_PERMISSIONS);
}

static uint32_t room(uint64_t wanted)
{
    return wanted < io_unit() ? (uint32_t)wanted : io_unit();
}

static int answer_data(struct worker *worker, int64_t count)
{
    if (count < 0) return (int)count;
    worker->reply.data = data_place(worker);
    worker->reply.size = (uint32_t)count;
    return 0;
}

int export_read(struct worker *worker, struct fid *fid)
{
    const uint64_t *number = worker->request.number;
    uint8_t *to = data_place(worker);
    if (fid->proof) return answer_data(worker, proof_read(fid->proof, to, room(number[2])));
    if (fid->file == nullptr) return -EBADF;
    return answer_data(worker, p9_read(fid->file, number[1], to, room(number[2])));
}

int export_write(struct worker *worker, struct fid *fid)
{
    const struct wire_message *request = &worker->request;
    if (fid->file == nullptr && fid->proof == nullptr) return -EBADF;
    int64_t count = fid->proof
                        ? proof_write(fid->proof, request->data, request->size)
                        : p9_write(fid->file, request->number[1], request->data, request->size);
    if (count < 0) return (int)count;
    worker->reply.number[0] = (uint64_t)count;
    return 0;
}

// An entry takes no more room in the wire's form than in the other one.
static int translate(struct worker *worker, const uint8_t *from, size_t size)
{
    uint8_t *to = data_place(worker);
    size_t written = 0;
    for (size_t at = 0; at < size;) {
        struct fe_9p_entry entry;
        memcpy(&entry, from + at, sizeof entry);
        struct wire_text name = {(const char *)from + at + sizeof entry, entry.name_size};
        memcpy(worker->other, worker->path, sizeof worker->other);
        uint64_t number = entry.qid_path;
        if (path_join(worker->other, name) == 0) number = qid_number(worker->other, number);
        struct wire_entry made = {
            .qid_type = (uint8_t)(entry.qid_kind & (QID_DIRECTORY | QID_LINK)),
            .qid_version = (uint32_t)(entry.qid_kind >> 32),
            .qid_path = number,
            .next = entry.next,
            .type = (uint8_t)entry.type,
            .name = name,
        };
        written += wire_entry_put(to + written, size - written, &made);
        at += (sizeof entry + entry.name_size + 7) & ~(size_t)7;
    }
    return answer_data(worker, (int64_t)written);
}

int export_readdir(struct worker *worker, struct fid *fid)
{
    enum : uint32_t { ONE_ENTRY = sizeof(struct fe_9p_entry) + 256 };
    const uint64_t *number = worker->request.number;
    if (fid->file == nullptr) return -EBADF;
    if ((fid->file->qid_kind & QID_DIRECTORY) == 0) return -ENOTDIR;
    if (number[2] < ONE_ENTRY || number[1] == FE_9P_POSITION) return -EINVAL;
    int64_t size = p9_readdir(fid->file, number[1], worker->data, room(number[2]));
    fid_path(fid, worker->path);
    return size < 0 ? (int)size : translate(worker, worker->data, (size_t)size);
}

int export_fsync(struct worker *worker, struct fid *fid)
{
    return fid->file ? p9_sync(fid->file) : -EBADF;
}

int export_lock(struct worker *worker, struct fid *fid)
{
    enum : uint32_t { DONE = 0, BLOCKED = 1 };
    const uint64_t *number = worker->request.number;
    if (fid->file == nullptr) return -EBADF;
    struct p9_lock_range range = {
        .kind = (uint32_t)number[1], .start = number[3], .length = number[4]};
    int result = p9_lock(fid->file, &range, (uint32_t)number[2] & 1);
    worker->reply.number[0] = result == -EAGAIN ? BLOCKED : DONE;
    return result == -EAGAIN ? 0 : result;
}
