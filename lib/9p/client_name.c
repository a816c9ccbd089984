// SPDX-License-Identifier: MIT
// Operations on names: each prepares a request and has it run where the path leads.
#include "client_internal.h"

// What a request on one path consists of, so that each operation is a line: it is built anew for
// each attempt.
struct request {
    struct attempt attempt;
    uint32_t operation;
    uint64_t word[FE_MESSAGE_WORDS]; // word 0 is the root fid
    const void *head;                // data in front of the path
    size_t head_size;
    const char *tail; // data behind it
    size_t tail_size;
    int size_word; // which word gets the path's size; 0: none
    uint8_t handles;
    uint8_t buffer[2 * FE_PATH_MAX];
};

static int request_run(struct request *request, const struct target *target, const void *send,
                       size_t size)
{
    struct attempt *attempt = &request->attempt;
    call_init(&attempt->call, request->operation, FE_9P_ROOT_FID);
    for (int i = 1; i < (int)FE_MESSAGE_WORDS; i++) {
        attempt->call.message.word[i] = request->word[i];
    }
    if (request->size_word) attempt->call.message.word[request->size_word] = target->size;
    call_send(&attempt->call, send, size);
    call_receive(&attempt->call, attempt->reply, attempt->reply_capacity);
    attempt->call.transfer.receive_handle_capacity = request->handles;
    return call_run(target->session, &attempt->call);
}

// Apart, for small stacks: what has nothing but a path needs no room for it.
[[gnu::noinline]] static int request_run_whole(struct request *request, const struct target *target)
{
    uint8_t send[2 * FE_PATH_MAX + 128];
    size_t size = request->head_size + target->size + request->tail_size;
    if (size > sizeof send) return -ENAMETOOLONG;
    if (request->head_size) memcpy(send, request->head, request->head_size);
    memcpy(send + request->head_size, target->relative, target->size);
    if (request->tail_size) {
        memcpy(send + request->head_size + target->size, request->tail, request->tail_size);
    }
    return request_run(request, target, send, size);
}

static int request_attempt(struct attempt *attempt, const struct target *target)
{
    struct request *request = (struct request *)attempt;
    if ((request->head_size | request->tail_size) != 0) return request_run_whole(request, target);
    return request_run(request, target, target->relative, target->size);
}

static void request_init(struct request *request, uint32_t operation)
{
    memset(request, 0, offsetof(struct request, buffer));
    request->operation = operation;
    request->attempt.run = request_attempt;
    request->attempt.reply = request->buffer;
    request->attempt.reply_capacity = sizeof request->buffer;
}

int p9_stat(const char *path, uint32_t flags, struct fe_9p_attributes *attributes)
{
    struct request request;
    request_init(&request, P9_GETATTR);
    request.word[1] = flags;
    int result = path_run(path, &request.attempt);
    if (result != 0) return result;
    if (request.attempt.call.transfer.received_size != sizeof *attributes) return -EPROTO;
    memcpy(attributes, request.buffer, sizeof *attributes);
    return 0;
}

int p9_set_attributes(const char *path, uint32_t valid, uint32_t flags,
                      const struct fe_9p_attributes *attributes)
{
    struct request request;
    request_init(&request, P9_SETATTR);
    request.word[1] = valid;
    request.word[2] = flags;
    request.head = attributes;
    request.head_size = sizeof *attributes;
    return path_run(path, &request.attempt);
}

int p9_mkdir(const char *path, uint32_t mode)
{
    struct request request;
    request_init(&request, P9_MKDIR);
    request.attempt.creates = true;
    request.word[1] = mode;
    return path_run(path, &request.attempt);
}

int p9_mknod(const char *path, uint32_t mode, uint64_t device)
{
    struct request request;
    request_init(&request, P9_MKNOD);
    request.attempt.creates = true;
    request.word[1] = mode;
    request.word[2] = device;
    return path_run(path, &request.attempt);
}

int p9_remove(const char *path, uint32_t flags)
{
    struct request request;
    request_init(&request, P9_REMOVE);
    request.word[1] = flags;
    return path_run(path, &request.attempt);
}

int p9_symlink(const char *target, const char *path)
{
    struct request request;
    request_init(&request, P9_SYMLINK);
    request.attempt.creates = true;
    request.tail = target;
    request.tail_size = strlen(target);
    request.size_word = 1;
    return path_run(path, &request.attempt);
}

int64_t p9_readlink(const char *path, char *to, size_t capacity)
{
    struct request request;
    request_init(&request, P9_READLINK);
    int result = path_run(path, &request.attempt);
    if (result != 0) return result;
    size_t size = request.attempt.call.transfer.received_size;
    if (size > capacity) size = capacity;
    memcpy(to, request.buffer, size);
    return (int64_t)size;
}

int p9_image(const char *path, fe_handle *image)
{
    struct request request;
    request_init(&request, P9_IMAGE);
    request.handles = 1;
    int result = path_run(path, &request.attempt);
    if (result != 0) return result;
    if (request.attempt.call.transfer.received_handle_count != 1) return -EPROTO;
    *image = request.attempt.call.transfer.received_handle[0];
    return 0;
}

int p9_real_path(const char *text, char *to)
{
    struct request request;
    struct path path;
    request_init(&request, P9_WALK);
    request.word[1] = FE_9P_NO_FID;
    int result = path_init(&path, to, text);
    return result != 0 ? result : path_run_on(&path, &request.attempt);
}

int p9_statfs(const char *path, struct fe_9p_statfs *statistics)
{
    struct p9_file *file;
    int result = p9_open(path, OPEN_PATH, 0, &file);
    if (result != 0) return result;
    result = p9_file_statfs(file, statistics);
    p9_close(file);
    return result;
}

// Follows a link that the path's folder leads through. CALL_LINK: the path was changed; 0: there is
// none.
static int folder_follow(struct path *path, const struct target *target)
{
    char link[FE_PATH_MAX];
    size_t size = target->size;
    while (size > 0 && target->relative[size - 1] != '/') size--;
    if (size == 0) return 0;
    struct call call;
    call_init(&call, P9_WALK, FE_9P_ROOT_FID);
    call.message.word[1] = FE_9P_NO_FID;
    call_send(&call, target->relative, size - 1);
    call_receive(&call, link, sizeof link);
    int result = call_run(target->session, &call);
    if (result != CALL_LINK) return result;
    result = path_follow(path, target, call.message.word[0], link, call.transfer.received_size);
    return result != 0 ? result : CALL_LINK;
}

// Two servers so far: a link may lead one of the paths to the other's.
static int two_servers(struct path path[2], struct target target[2])
{
    int result = folder_follow(&path[0], &target[0]);
    if (result == 0) result = folder_follow(&path[1], &target[1]);
    return result != 0 ? result : -EXDEV;
}

// One try at an operation with two paths: both must lead to one session. A link in either changes
// that path.
static int two_attempt(uint32_t operation, struct path path[2], struct target target[2])
{
    char send[2 * FE_PATH_MAX], link[FE_PATH_MAX];
    if (target[0].session != target[1].session) return two_servers(path, target);
    memcpy(send, target[0].relative, target[0].size);
    memcpy(send + target[0].size, target[1].relative, target[1].size);
    struct call call;
    call_init(&call, operation, FE_9P_ROOT_FID);
    call.message.word[1] = FE_9P_ROOT_FID;
    call.message.word[2] = target[0].size;
    call_send(&call, send, target[0].size + target[1].size);
    call_receive(&call, link, sizeof link);
    int result = call_run(target[0].session, &call);
    if (result != CALL_LINK) return result;
    int which = call.message.word[1] == 1;
    result = path_follow(&path[which], &target[which], call.message.word[0], link,
                         call.transfer.received_size);
    return result != 0 ? result : CALL_LINK;
}

// Within one union a new name stays in the part of the old one.
static int two_targets(const struct path path[2], struct target target[2])
{
    uint32_t index;
    int result = target_find(&path[0], &target[0], &index);
    if (result != 0) return result;
    result = target_place(&path[1], &target[1]);
    bool is_union = (target[0].flags & MOUNT_UNION) != 0;
    size_t prefix = (size_t)(target[0].relative - path[0].text);
    if (is_union && (result == 0 || result == -EPERM) &&
        (size_t)(target[1].relative - path[1].text) == prefix &&
        memcmp(path[0].text, path[1].text, prefix) == 0 &&
        memchr(target[1].relative, '/', target[1].size) == nullptr) {
        if (result == 0) p9_session_put(target[1].session);
        result = path_target(&path[1], index, &target[1]);
    }
    if (result != 0) p9_session_put(target[0].session);
    return result;
}

static int two_paths(uint32_t operation, const char *from, const char *to)
{
    struct path path[2];
    char buffer[2][FE_PATH_MAX];
    int result = path_init(&path[0], buffer[0], from);
    if (result == 0) result = path_init(&path[1], buffer[1], to);
    if (result != 0) return result;
    for (;;) {
        struct target target[2];
        result = two_targets(path, target);
        if (result == 0) {
            result = two_attempt(operation, path, target);
            p9_session_put(target[1].session);
            p9_session_put(target[0].session);
        }
        if (result == CALL_LINK) continue;
        if (!is_gone(result)) return result;
        if (!path_retry(&path[0], result)) return -EIO;
    }
}

int p9_rename(const char *from, const char *to)
{
    return two_paths(P9_RENAME, from, to);
}

int p9_link(const char *from, const char *to)
{
    return two_paths(P9_LINK, from, to);
}
