// SPDX-License-Identifier: MIT
// Open files after their server's end. A supervisor starts it again and mounts it at the same
// place; here the file is opened again by its path, its position set, and the caller repeats the
// request that died. That is right where the new file is certainly the old one, and the request may
// be done twice:
// - a device, or a directory of which nothing was read, is what its path says; but not a device of
//   another version, as those have that live only as long as their server;
// - a file of a server whose files outlive it (FE_9P_LASTING), when its qid is the same, and its
//   generation: a number may be another file's after the first is gone. Not one that was written
//   to, or emptied when it was opened, and not synced, of which the server may have lost something,
//   nor one that was locked: the lock is gone; nor one whose memory is stored to: it is nobody's.
// Where the position matters it must be known: another process that shares the file moves it too.
// Everything else is an EIO from then on.
#include "client_internal.h"
#include <ferrite/clock.h>

static struct fe_lock restore_lock; // one thread restores, the others find it done

bool deaths_are_few(struct deaths *deaths, int result, bool waits)
{
    enum : uint64_t { MINUTE = 60'000'000'000 };
    uint64_t now = fe_clock_monotonic();
    if (deaths->last != 0 && now - deaths->last > MINUTE) *deaths = (struct deaths){};
    deaths->last = now;
    deaths->abandoned += result == CALL_ABANDONED && !waits;
    deaths->count++;
    return deaths->abandoned < 2;
}

static bool may_restore(const struct p9_file *file)
{
    if (file->path == nullptr) return false;
    if ((file->qid_kind & QID_DEVICE) != 0) return true;
    if ((file->qid_kind & QID_DIRECTORY) != 0 && !file->is_listed) return true;
    return file->session->is_lasting && !file->is_written && !file->is_mapped && !file->is_locked &&
           !file->is_listed;
}

static bool is_same(const struct p9_file *file, const struct p9_file *fresh)
{
    enum : uint64_t { KIND = 0xffff'ffff }; // with the generation
    if ((file->qid_kind & KIND) != (fresh->qid_kind & KIND)) return false;
    bool is_device = (file->qid_kind & QID_DEVICE) != 0;
    if (is_device && file->qid_kind >> 32 != fresh->qid_kind >> 32) return false;
    return (file->qid_kind & (QID_DEVICE | QID_DIRECTORY)) != 0 ||
           (fresh->session->is_lasting && file->qid_path == fresh->qid_path);
}

// Streams have no position, and say so. is_gone(): the new server has ended too.
static int place(const struct p9_file *file, struct p9_file *fresh)
{
    struct call call;
    if ((file->qid_kind & QID_DIRECTORY) != 0) return 0;
    call_init(&call, P9_SEEK, fresh->fid);
    call.message.word[1] = file->position;
    int result = call_run(fresh->session, &call);
    if (result == -ESPIPE || (file->flags & OPEN_ACCESS) == OPEN_PATH) return 0;
    return result == 0 && file->is_shared ? -EIO : result;
}

// The fid first: who reads the session first and then the fid has two that belong together.
static void replace(struct p9_file *file, struct p9_file *fresh)
{
    if (file->former != nullptr) p9_session_put(file->former);
    file->former = file->session;
    p9_session_get(fresh->session);
    __atomic_store_n(&file->fid, fresh->fid, __ATOMIC_RELAXED);
    __atomic_store_n(&file->session, fresh->session, __ATOMIC_RELEASE);
    fresh->fid = FE_9P_ROOT_FID; // not clunked: the fid is the file's now
}

static int restore(struct p9_file *file)
{
    struct p9_file *fresh;
    if (!may_restore(file)) return -EIO;
    uint32_t kept = ~(uint32_t)(OPEN_CREATE | OPEN_EXCLUSIVE | OPEN_TRUNCATE);
    int result = p9_open(file->path, file->flags & kept, 0, &fresh);
    if (result != 0) return -EIO;
    result = is_same(file, fresh) ? place(file, fresh) : -EIO;
    if (result == 0) replace(file, fresh);
    p9_close(fresh);
    return is_gone(result) ? 0 : result; // the next try finds the file's session still dead
}

int file_restore(struct p9_file *file, const struct p9_session *dead)
{
    fe_lock_take(&restore_lock);
    int result = file->session == dead ? restore(file) : 0;
    fe_lock_release(&restore_lock);
    return result;
}
