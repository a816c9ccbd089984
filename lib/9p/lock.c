// SPDX-License-Identifier: MIT
// Advisory locks on ranges of files, in every server. Whose a lock is: an open file's (flock), or a
// session's, which stands for a process (fcntl); the two kinds do not see each other. Those of open
// file descriptions (F_OFD_SETLK) are an open file's, but of the second kind. A session's
// locks on a file end when it gives up any fid that has the file open, as POSIX wants; an open
// file's end with it. Who waits is run again when the file's locks change.
#include "server_internal.h"

struct p9_lock {
    struct p9_lock *next;
    const void *owner; // an open file or a session
    bool is_whole;     // of the first kind
    uint32_t kind;     // LOCK_READ, LOCK_WRITE
    uint32_t process;
    uint64_t start, last; // inclusive
};

static bool overlap(const struct p9_lock *a, const struct p9_lock *b)
{
    return a->start <= b->last && b->start <= a->last;
}

// The first lock of somebody else that is in the way.
static const struct p9_lock *obstacle(const struct p9_node *node, const struct p9_lock *wish)
{
    const struct p9_lock *at = node->locks;
    for (; at != nullptr; at = at->next) {
        if (at->is_whole != wish->is_whole || at->owner == wish->owner) continue;
        bool excludes = at->kind == FE_9P_LOCK_WRITE || wish->kind == FE_9P_LOCK_WRITE;
        if (excludes && overlap(at, wish)) break;
    }
    return at;
}

static void unlink_lock(struct p9_lock **place)
{
    struct p9_lock *lock = *place;
    *place = lock->next;
    free(lock);
}

static void insert(struct p9_node *node, struct p9_lock *lock)
{
    lock->next = node->locks;
    node->locks = lock;
}

// Takes the wish's range out of its owner's other locks. `spare` becomes the second half of one
// that is cut in the middle, which can be one only; what is left of it comes back.
static struct p9_lock *cut(struct p9_node *node, const struct p9_lock *wish, struct p9_lock *spare)
{
    struct p9_lock **place = &node->locks;
    while (*place != nullptr) {
        struct p9_lock *at = *place;
        if (at->owner != wish->owner || at->is_whole != wish->is_whole || !overlap(at, wish)) {
            place = &at->next;
        } else if (at->start < wish->start) {
            if (at->last > wish->last) {
                *spare = *at;
                spare->start = wish->last + 1;
                insert(node, spare);
                spare = nullptr;
            }
            at->last = wish->start - 1;
            place = &at->next;
        } else if (at->last > wish->last) {
            at->start = wish->last + 1;
            place = &at->next;
        } else {
            unlink_lock(place);
        }
    }
    return spare;
}

// Neighbours of the same kind become one, so that many small steps leave one lock behind.
static void join(struct p9_node *node, struct p9_lock *lock)
{
    struct p9_lock **place = &node->locks;
    while (*place != nullptr) {
        struct p9_lock *at = *place;
        bool is_same = at != lock && at->owner == lock->owner && at->kind == lock->kind &&
                       at->is_whole == lock->is_whole;
        bool before = is_same && at->last + 1 == lock->start && at->last != UINT64_MAX;
        bool after = is_same && lock->last + 1 == at->start && lock->last != UINT64_MAX;
        if (before) lock->start = at->start;
        if (after) lock->last = at->last;
        if (before || after) {
            unlink_lock(place);
        } else {
            place = &at->next;
        }
    }
}

static int lock_change(struct p9_node *node, const struct p9_lock *wish)
{
    struct p9_lock *spare = malloc(sizeof *spare), *lock = nullptr;
    if (wish->kind != FE_9P_LOCK_NONE) lock = malloc(sizeof *lock);
    if (spare == nullptr || (lock == nullptr && wish->kind != FE_9P_LOCK_NONE)) {
        free(spare);
        free(lock);
        return -ENOLCK;
    }
    free(cut(node, wish, spare));
    if (lock != nullptr) {
        *lock = *wish;
        insert(node, lock);
        join(node, lock);
    }
    p9_node_changed(node);
    return 0;
}

void lock_forget(struct p9_node *node, const void *owner)
{
    bool found = false;
    struct p9_lock **place = &node->locks;
    while (*place != nullptr) {
        if ((*place)->owner == owner) {
            unlink_lock(place);
            found = true;
        } else {
            place = &(*place)->next;
        }
    }
    if (found) p9_node_changed(node);
}

static int read_wish(const struct p9_request *request, const struct p9_open *open,
                     struct p9_lock *wish)
{
    uint64_t length = request->word[3];
    bool is_open_file = (request->word[4] & FE_9P_LOCK_OPEN_FILE) != 0;
    bool is_whole = is_open_file && (request->word[4] & FE_9P_LOCK_DESCRIPTION) == 0;
    *wish = (struct p9_lock){
        .owner = is_open_file ? (const void *)open : request->connection,
        .is_whole = is_whole,
        .kind = (uint32_t)request->word[1],
        .process = (uint32_t)request->word[5],
        .start = request->word[2],
        .last = length == 0 ? UINT64_MAX : request->word[2] + length - 1,
    };
    if (request->word[1] > FE_9P_LOCK_NONE || wish->last < wish->start) return -EINVAL;
    if (is_whole || (request->word[4] & FE_9P_LOCK_TEST)) return 0;
    if (wish->kind == FE_9P_LOCK_READ && !p9_open_has(open, OPEN_READ)) return -EBADF;
    return wish->kind == FE_9P_LOCK_WRITE && !p9_open_has(open, OPEN_WRITE) ? -EBADF : 0;
}

static void tell(struct p9_reply *reply, const struct p9_lock *lock)
{
    reply->word[0] = lock->kind;
    reply->word[1] = lock->start;
    reply->word[2] = lock->last == UINT64_MAX ? 0 : lock->last - lock->start + 1;
    reply->word[3] = lock->process;
}

int64_t serve_lock(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    if (fid == nullptr || fid->open == nullptr) return -EBADF;
    struct p9_lock wish;
    int error = read_wish(request, fid->open, &wish);
    if (error != 0) return error;
    const struct p9_lock *other =
        wish.kind == FE_9P_LOCK_NONE ? nullptr : obstacle(fid->open->node, &wish);
    if (request->word[4] & FE_9P_LOCK_TEST) {
        if (other == nullptr) wish.kind = FE_9P_LOCK_NONE;
        tell(reply, other != nullptr ? other : &wish);
        return 0;
    }
    if (other != nullptr) {
        if ((request->word[4] & FE_9P_LOCK_WAITS) == 0) return -EAGAIN;
        error = wait_for_change(request, fid->open->node);
        return error != 0 ? error : P9_LATER;
    }
    tell(reply, &wish);
    return lock_change(fid->open->node, &wish);
}
