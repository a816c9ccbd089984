// SPDX-License-Identifier: MIT
// Message queues of POSIX: /dev/mqueue, a folder in which each queue is a file; see mqueue(4). A
// queue lasts until it was removed and closed. What it may come to take is counted when it is made,
// so that no user takes the memory of all; what it takes then depends on what is in it.
#include "queue.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>
#include <ferrite/watchdog.h>

enum : size_t { NAME_MAX = 255 };
enum : uint64_t { OFFSET_LAST = 1ull << 55 };
enum : uint32_t { CAPACITY_USUAL = 10, SIZE_USUAL = 8192 / FE_SAVING };
enum : uint64_t { SHARE = 8, USER_SHARE = 32 }; // parts of the memory: of all queues, of a user's

struct queue *queues;

static struct queue *find(struct p9_name name)
{
    for (struct queue *at = queues; at != nullptr; at = at->next) {
        if (at->is_named && at->name_size == name.size &&
            memcmp(at->name, name.text, name.size) == 0)
            return at;
    }
    return nullptr;
}

static int lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found)
{
    struct queue *queue = find(name);
    if (queue == nullptr) return -ENOENT;
    *found = &queue->node;
    p9_node_get(*found);
    return 0;
}

// The newest has the highest number; offsets count down from the top.
static int readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   struct p9_listing *listing)
{
    for (const struct queue *queue = queues; queue != nullptr; queue = queue->next) {
        struct p9_name name = {queue->name, queue->name_size};
        uint64_t at = OFFSET_LAST - queue->number;
        if (queue->is_named && at > offset && !p9_list(listing, name, &queue->node, at)) break;
    }
    return 0;
}

// Whether there is room for what it may come to take.
static bool has_room(const struct queue *fresh)
{
    struct fe_process_info info = {};
    uint64_t all = queue_charge(fresh), users = all;
    if (fe_process_inspect(fe_process_self(), &info) != OK) return false;
    for (const struct queue *at = queues; at != nullptr; at = at->next) {
        all += queue_charge(at);
        if (at->node.uid == fresh->node.uid) users += queue_charge(at);
    }
    return all <= info.memory_limit / SHARE && users <= info.memory_limit / USER_SHARE;
}

static int make(struct p9_name name, const struct p9_creation *creation, struct queue *like,
                struct queue **made)
{
    static uint64_t last_number;
    uint64_t now = fe_clock_realtime();
    if ((creation->mode & MODE_TYPE) != MODE_FILE) return -EPERM;
    if (name.size > NAME_MAX) return -ENAMETOOLONG;
    like->node = (struct p9_node){.operations = &queue_operations,
                                  .references = 2, // its name's, the caller's
                                  .mode = creation->mode,
                                  .uid = creation->uid,
                                  .gid = creation->gid,
                                  .links = 1,
                                  .access_time = now,
                                  .modify_time = now,
                                  .change_time = now};
    if (!has_room(like)) return -ENOSPC;
    struct queue *queue = malloc(sizeof *queue + name.size);
    if (queue == nullptr) return -ENOSPC;
    *queue = *like;
    queue->node.path = p9_path_new();
    queue->deadline = FE_FOREVER;
    queue->number = ++last_number;
    queue->is_named = true;
    queue->name_size = (uint32_t)name.size;
    memcpy(queue->name, name.text, name.size);
    queue->next = queues;
    *made = queues = queue;
    return 0;
}

// By a program that knows nothing of queues.
static int create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  const struct p9_creation *creation, struct p9_node **made)
{
    struct queue *queue, like = {.capacity = CAPACITY_USUAL, .message_size = SIZE_USUAL};
    int error = make(name, creation, &like, &queue);
    if (error == 0) *made = &queue->node;
    return error;
}

static void forget_name(struct queue *queue)
{
    queue->is_named = false;
    queue->node.links = 0;
    p9_node_put(&queue->node);
}

static int remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node *node)
{
    struct queue *queue = find(name);
    if (queue == nullptr) return -ENOENT;
    forget_name(queue);
    return 0;
}

static int shape(const struct fe_queue_create *wish, struct queue *like)
{
    if (wish->capacity == 0 && wish->message_size == 0) {
        *like = (struct queue){.capacity = CAPACITY_USUAL, .message_size = SIZE_USUAL};
        return 0;
    }
    if (wish->capacity == 0 || wish->message_size == 0) return -EINVAL;
    if (wish->message_size > FE_QUEUE_SIZE_MAX) return -EINVAL;
    *like = (struct queue){.capacity = wish->capacity, .message_size = wish->message_size};
    return 0;
}

static bool is_name(struct p9_name name)
{
    if (name.size == 0 || memchr(name.text, '/', name.size) != nullptr) return false;
    if (memchr(name.text, '\0', name.size) != nullptr) return false;
    return !p9_name_is(name, ".") && !p9_name_is(name, "..");
}

// Makes a queue of the wanted shape, and opens it, whatever its permissions.
static int create_open(struct p9_request *request, struct p9_open *root)
{
    struct fe_queue_create wish;
    struct queue *queue, like;
    if (request->size < sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    struct p9_name name = {(const char *)request->data + sizeof wish, request->size - sizeof wish};
    if (!is_name(name) || (wish.flags & OPEN_ACCESS) == OPEN_PATH) return -EINVAL;
    if (!p9_may(request, root->node, 3)) return -EACCES;
    if (find(name) != nullptr) return -EEXIST;
    int error = shape(&wish, &like);
    struct p9_creation creation = {.mode = MODE_FILE | (wish.mode & 0777),
                                   .uid = request->identity->uid,
                                   .gid = request->identity->gid};
    if (error == 0) error = make(name, &creation, &like, &queue);
    if (error != 0) return error;
    error =
        p9_fid_install(request, wish.fid, &queue->node, wish.flags & (OPEN_ACCESS | OPEN_NONBLOCK));
    if (error != 0) forget_name(queue);
    p9_node_put(&queue->node);
    return error;
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    switch (what) {
    case CONTROL_QUEUE_CREATE: return create_open(request, open);
    case CONTROL_QUEUE_NOTICE: return notify_wait(request);
    default: return -ENOTTY;
    }
}

static uint64_t next_deadline(void)
{
    uint64_t next = FE_FOREVER;
    for (const struct queue *at = queues; at != nullptr; at = at->next) {
        if (at->deadline < next) next = at->deadline;
    }
    return next;
}

// What waits for too long runs again, and finds that.
static void expire(uint64_t now)
{
    for (struct queue *at = queues, *next; at != nullptr; at = next) {
        next = at->next;
        if (at->deadline > now) continue;
        at->deadline = FE_FOREVER; // those that wait on tell theirs again
        p9_node_changed(&at->node);
    }
}

int main(int count, char **arguments)
{
    static const struct p9_operations operations = {.lookup = lookup,
                                                    .readdir = readdir,
                                                    .create = create,
                                                    .remove = remove,
                                                    .control = control};
    static struct p9_node root = {.operations = &operations,
                                  .references = 1,
                                  .mode = MODE_DIRECTORY | MODE_STICKY | 0777,
                                  .links = 2};
    static struct p9_server server = {.name = "mqueue", .root = &root};
    root.path = p9_path_new();
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 3;
    fe_watchdog_begin();
    for (;;) {
        enum status status = p9_serve_once(&server, next_deadline());
        if (status != OK && status != ERR_TIMED_OUT) return 1;
        expire(fe_clock_monotonic());
    }
}
