// SPDX-License-Identifier: MIT
// Sessions of the client: one for each mount in use, kept in a list, made by ATTACH on the mount's
// connector; calls on them; fid numbers. A session whose server is gone leaves the list, so that
// the next use attaches anew.
#include "client_internal.h"
#include <ferrite/clock.h>
#include <ferrite/status.h>

static struct fe_lock cache_lock;
static struct p9_session *cache;
static struct p9_session *recent; // that of the last path, a reference; nullptr while it is in use

void call_init(struct call *call, uint32_t operation, uint64_t fid)
{
    *call = (struct call){.message.label = operation};
    call->message.word[0] = fid;
}

void call_send(struct call *call, const void *data, size_t size)
{
    call->transfer.send = (uintptr_t)data;
    call->transfer.send_size = (uint32_t)size;
}

void call_receive(struct call *call, void *to, size_t capacity)
{
    call->transfer.receive = (uintptr_t)to;
    call->transfer.receive_capacity = (uint32_t)capacity;
}

static void cache_remove(struct p9_session *session)
{
    fe_lock_take(&cache_lock);
    session->is_dead = true;
    for (struct p9_session **at = &cache; *at; at = &(*at)->next) {
        if (*at != session) continue;
        *at = session->next;
        fe_lock_release(&cache_lock);
        p9_session_put(session);
        return;
    }
    fe_lock_release(&cache_lock);
}

void session_forget_all(void)
{
    struct p9_session *last = __atomic_exchange_n(&recent, nullptr, __ATOMIC_ACQUIRE);
    if (last != nullptr) p9_session_put(last);
    fe_lock_take(&cache_lock);
    struct p9_session *list = cache;
    cache = nullptr;
    fe_lock_release(&cache_lock);
    while (list != nullptr) {
        struct p9_session *next = list->next;
        list->mount = 0; // not to be taken for another namespace's
        p9_session_put(list);
        list = next;
    }
}

// An answer's label as a negative errno. One that is none must not pass for success.
static int error_of(uint64_t label)
{
    enum : uint64_t { ERRNO_MAX = 4095 };
    return label >= 1 && label <= ERRNO_MAX ? -(int)label : -EPROTO;
}

// What a call that was not simply answered comes to.
[[gnu::noinline]] static int failure(struct p9_session *session, enum status status, uint64_t label)
{
    bool is_abandoned = status == ERR_ABANDONED;
    if (status == ERR_PEER_CLOSED || is_abandoned || (status == OK && label == ESTALE)) {
        cache_remove(session);
        return is_abandoned ? CALL_ABANDONED : CALL_DEAD;
    }
    if (status != OK) return -fe_status_errno(status);
    return label == FE_9P_LINK ? CALL_LINK : error_of(label);
}

int session_call(struct p9_session *session, struct fe_message *message, uint64_t deadline)
{
    if (session->is_dead) return CALL_DEAD;
    enum status status = fe_channel_call(session->handle, message, deadline);
    if (status == OK && message->label == 0) return 0;
    return failure(session, status, message->label);
}

// An error that handles come with is an error, and they are not kept.
[[gnu::noinline]] static void drop_handles(struct call *call)
{
    for (uint32_t i = 0; i < call->transfer.received_handle_count; i++)
        fe_handle_drop(&call->transfer.received_handle[i]);
    call->transfer.received_handle_count = 0;
}

int call_run_until(struct p9_session *session, struct call *call, uint64_t deadline)
{
    call->message.transfer = &call->transfer;
    int result = session_call(session, &call->message, deadline);
    if (result != 0 && call->transfer.received_handle_count != 0) drop_handles(call);
    return result;
}

// What thread_interrupt may end: requests that wait for something to happen. Ending another one
// would leave it half done, or done and not known to be.
bool call_waits(const struct call *call)
{
    const uint64_t *word = call->message.word;
    switch (call->message.label) {
    case P9_READ: return call->is_stream;
    case P9_OPEN: return (word[2] & OPEN_CREATE) == 0;
    case P9_LOCK: return true;
    case P9_CONTROL:
        return word[1] == CONTROL_PROCESS_WAIT || word[1] == CONTROL_SOCKET_RECEIVE ||
               word[1] == CONTROL_SOCKET_ACCEPT || word[1] == CONTROL_SOCKET_CONNECT;
    default: return false;
    }
}

// What only asks may be asked again.
static bool is_query(uint64_t operation)
{
    constexpr uint64_t queries = 1ull << P9_GETATTR | 1ull << P9_WALK | 1ull << P9_READLINK |
                                 1ull << P9_STATFS | 1ull << P9_IMAGE;
    static_assert(P9_OPERATION_COUNT <= 64);
    return (queries >> operation & 1) != 0;
}

// Asked again it opens what is there. It may wait long: for the other end of a fifo.
static bool is_repeatable_open(const struct call *call)
{
    uint64_t flags = call->message.word[2];
    return call->message.label == P9_OPEN && (flags & OPEN_CREATE) != 0 &&
           (flags & OPEN_EXCLUSIVE) == 0;
}

// Programs do not expect a query to be interrupted, so it is repeated when a signal has come. One
// that hangs must end all the same: the first interrupt that comes QUERY_PATIENCE after another one
// (*first, 0: none yet) ends it.
static bool query_goes_on(uint64_t *first)
{
    enum : uint64_t { QUERY_PATIENCE = 500'000'000 };
    uint64_t now = fe_clock_monotonic();
    if (*first == 0) *first = now;
    return now - *first < QUERY_PATIENCE;
}

// An interrupt leaves the label as it was.
static int query_run(struct p9_session *session, struct call *call)
{
    const struct fe_message original = call->message;
    uint64_t first = 0;
    for (;;) {
        int result = call_run_until(session, call, FE_FOREVER);
        if (result != -EINTR || call->message.label != original.label) return result;
        if (!query_goes_on(&first)) return result;
        call->message = original;
    }
}

// The same on a connector, whose server may be about to be started again.
static enum status query_connector(fe_handle connector, struct call *call)
{
    const struct fe_message original = call->message;
    uint64_t first = 0;
    for (;;) {
        enum status status = fe_channel_call(connector, &call->message, FE_FOREVER);
        if (status != ERR_INTERRUPTED || !query_goes_on(&first)) return status;
        call->message = original;
    }
}

int call_run(struct p9_session *session, struct call *call)
{
    if (is_query(call->message.label) || is_repeatable_open(call)) return query_run(session, call);
    return call_run_until(session, call, call_waits(call) ? FE_FOREVER : FE_UNINTERRUPTED);
}

uint32_t fid_allocate(struct p9_session *session)
{
    if (__atomic_load_n(&session->spare_fid, __ATOMIC_RELAXED) != 0) {
        uint32_t spare = __atomic_exchange_n(&session->spare_fid, 0, __ATOMIC_RELAXED);
        if (spare != 0) return spare;
    }
    fe_lock_take(&session->lock);
    uint32_t fid =
        session->free_count ? session->free_fids[--session->free_count] : session->next_fid++;
    fe_lock_release(&session->lock);
    return fid;
}

uint32_t p9_fid_allocate(struct p9_session *session)
{
    return fid_allocate(session);
}

// A number that finds no room in the list of free ones is never used again.
void fid_free(struct p9_session *session, uint32_t fid)
{
    uint32_t none = 0;
    if (__atomic_compare_exchange_n(&session->spare_fid, &none, fid, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
        return;
    }
    fe_lock_take(&session->lock);
    if (session->free_count == session->free_capacity) {
        uint32_t capacity = session->free_capacity ? session->free_capacity * 2 : 8;
        uint32_t *fids = realloc(session->free_fids, capacity * sizeof *fids);
        if (fids) {
            session->free_fids = fids;
            session->free_capacity = capacity;
        }
    }
    if (session->free_count < session->free_capacity) {
        session->free_fids[session->free_count++] = fid;
    }
    fe_lock_release(&session->lock);
}

struct p9_session *session_create(fe_handle handle, uint64_t mount)
{
    struct p9_session *session = calloc(1, sizeof *session);
    if (session == nullptr) return nullptr;
    session->handle = handle;
    session->mount = mount;
    session->references = 1;
    session->next_fid = FE_9P_ROOT_FID + 1;
    return session;
}

struct p9_session *p9_session_adopt(fe_handle handle)
{
    return session_create(handle, 0);
}

void p9_session_get(struct p9_session *session)
{
    __atomic_fetch_add(&session->references, 1, __ATOMIC_RELAXED);
}

void p9_session_put(struct p9_session *session)
{
    if (__atomic_sub_fetch(&session->references, 1, __ATOMIC_ACQ_REL) != 0) return;
    fe_handle_drop(&session->handle);
    free(session->free_fids);
    free(session);
}

fe_handle p9_session_handle(const struct p9_session *session)
{
    return session->handle;
}

struct attached {
    fe_handle handle;
    bool is_lasting;
};

static int attach(fe_handle connector, const char *start, size_t size, uint32_t flags,
                  struct attached *attached)
{
    char link[FE_PATH_MAX];
    struct call call;
    call_init(&call, P9_ATTACH, FE_9P_SAME_IDENTITY);
    call.message.word[1] = FE_9P_VERSION;
    call.message.word[2] = flags;
    call.message.transfer = &call.transfer;
    call.transfer.receive_handle_capacity = 1;
    call_send(&call, start, size);
    call_receive(&call, link, sizeof link);
    enum status status = query_connector(connector, &call);
    if (status == ERR_PEER_CLOSED || status == ERR_ABANDONED) return CALL_DEAD;
    if (status != OK) return -fe_status_errno(status);
    if (call.message.label != 0) drop_handles(&call);
    if (call.message.label == ESTALE) return CALL_DEAD;
    if (call.message.label == FE_9P_LINK) return -ELOOP;
    if (call.message.label != 0) return error_of(call.message.label);
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *attached = (struct attached){.handle = call.transfer.received_handle[0],
                                  .is_lasting = (call.message.word[4] & FE_9P_LASTING) != 0};
    return 0;
}

int session_attach(fe_handle connector, const char *start, size_t start_size, fe_handle *session)
{
    struct attached attached;
    int result = attach(connector, start, start_size, FE_9P_KEEP, &attached);
    if (result == 0) *session = attached.handle;
    return result;
}

int p9_identify(fe_handle connector, const struct p9_user *user, fe_handle *bound)
{
    struct call call;
    call_init(&call, P9_IDENTIFY, user->uid);
    call.message.word[1] = user->gid;
    call.message.transfer = &call.transfer;
    call_send(&call, user->groups, user->group_count * sizeof user->groups[0]);
    call.transfer.receive_handle_capacity = 1;
    enum status status = fe_channel_call(connector, &call.message, FE_FOREVER);
    if (status != OK) return -fe_status_errno(status);
    if (call.message.label != 0) drop_handles(&call);
    if (call.message.label != 0) return error_of(call.message.label);
    if (call.transfer.received_handle_count != 1) return -EPROTO;
    *bound = call.transfer.received_handle[0];
    return 0;
}

int session_open(fe_handle connector, const char *start, uint64_t mount,
                 struct p9_session **session)
{
    struct attached attached;
    uint32_t flags = mount == 0 ? FE_9P_KEEP : 0;
    int result = attach(connector, start, strlen(start), flags, &attached);
    if (result != 0) return result;
    *session = session_create(attached.handle, mount);
    if (*session == nullptr) {
        fe_handle_drop(&attached.handle);
        return -ENOMEM;
    }
    (*session)->is_lasting = attached.is_lasting;
    return 0;
}

static struct p9_session *cache_find(uint64_t mount)
{
    for (struct p9_session *session = cache; session; session = session->next) {
        if (session->mount != mount) continue;
        p9_session_get(session);
        return session;
    }
    return nullptr;
}

// Two threads may attach at the same time: the second's session is dropped again.
static struct p9_session *cache_add(struct p9_session *session)
{
    fe_lock_take(&cache_lock);
    struct p9_session *other = cache_find(session->mount);
    if (other == nullptr) {
        p9_session_get(session);
        session->next = cache;
        cache = session;
    }
    fe_lock_release(&cache_lock);
    if (other == nullptr) return session;
    p9_session_put(session);
    return other;
}

void session_done(struct p9_session *session)
{
    struct p9_session *none = nullptr;
    if (!__atomic_compare_exchange_n(&recent, &none, session, false, __ATOMIC_RELEASE,
                                     __ATOMIC_RELAXED)) {
        p9_session_put(session);
    }
}

int session_of_mount(fe_handle name_space, uint64_t mount, struct p9_session **session)
{
    struct p9_session *last = __atomic_exchange_n(&recent, nullptr, __ATOMIC_ACQUIRE);
    if (last != nullptr && last->mount == mount && !last->is_dead) {
        *session = last;
        return 0;
    }
    if (last != nullptr) p9_session_put(last);
    fe_lock_take(&cache_lock);
    *session = cache_find(mount);
    fe_lock_release(&cache_lock);
    if (*session) return 0;
    char start[FE_PATH_MAX + 1];
    size_t start_size;
    FE_HANDLE connector = FE_NO_HANDLE;
    enum status status =
        fe_namespace_session(name_space, mount, start, FE_PATH_MAX, &connector, &start_size);
    if (status == ERR_NOT_FOUND || status == ERR_PEER_CLOSED)
        return CALL_DEAD; // unmounted meanwhile
    if (status != OK) return -fe_status_errno(status);
    start[start_size] = '\0'; // what follows a NUL is the name that it was mounted from
    struct p9_session *fresh;
    int result = session_open(connector, start, mount, &fresh);
    if (result != 0) return result;
    *session = cache_add(fresh);
    return 0;
}
