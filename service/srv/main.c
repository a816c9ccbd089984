// SPDX-License-Identifier: MIT
// /srv: a folder of files, each of which stands for a service. Who makes one posts a connector
// there; who may read it takes a copy and mounts it. Permissions are those of files. See srv(4).
#include <9p/server.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>

enum : size_t { NAME_MAX = 255 };
enum : uint64_t { OFFSET_LAST = 1ull << 55 };

struct post {
    struct p9_node node; // first
    struct post *next;
    uint64_t number;     // where in the listing
    fe_handle connector; // FE_NO_HANDLE: nothing yet
    size_t size;
    char name[NAME_MAX];
};

static struct post *posts; // newest first

static struct post **find(struct p9_name name)
{
    struct post **at = &posts;
    while (*at && ((*at)->size != name.size || memcmp((*at)->name, name.text, name.size) != 0))
        at = &(*at)->next;
    return at;
}

static int lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found)
{
    struct post *post = *find(name);
    if (post == nullptr) return -ENOENT;
    *found = &post->node;
    p9_node_get(*found);
    return 0;
}

// The newest has the highest number; offsets count down from the top.
static int readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   struct p9_listing *listing)
{
    for (const struct post *post = posts; post; post = post->next) {
        struct p9_name name = {post->name, post->size};
        uint64_t at = OFFSET_LAST - post->number;
        if (at > offset && !p9_list(listing, name, &post->node, at)) break;
    }
    return 0;
}

static void release(struct p9_node *node)
{
    struct post *post = (struct post *)node;
    fe_handle_drop(&post->connector);
    free(post);
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    struct post *here = (struct post *)open->node;
    switch (what) {
    case CONTROL_CONNECTOR_TAKE:
        return p9_open_has(open, OPEN_READ) ? p9_connector_take(request, here->connector) : -EBADF;
    case CONTROL_CONNECTOR_POST:
        return p9_open_has(open, OPEN_WRITE) ? p9_connector_post(request, &here->connector)
                                             : -EBADF;
    default: return -ENOTTY;
    }
}

static const struct p9_operations post_operations = {.control = control, .release = release};

static int create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  const struct p9_creation *creation, struct p9_node **made)
{
    static uint64_t last_number;
    if ((creation->mode & MODE_TYPE) != MODE_FILE) return -EOPNOTSUPP;
    if (name.size > NAME_MAX) return -ENAMETOOLONG;
    struct post *fresh = calloc(1, sizeof *fresh);
    if (fresh == nullptr) return -ENOSPC;
    uint64_t now = fe_clock_realtime();
    fresh->node = (struct p9_node){.operations = &post_operations,
                                   .references = 2, // the list's, the caller's
                                   .mode = creation->mode,
                                   .uid = creation->uid,
                                   .gid = creation->gid,
                                   .links = 1,
                                   .path = p9_path_new(),
                                   .access_time = now,
                                   .modify_time = now,
                                   .change_time = now};
    fresh->number = ++last_number;
    fresh->size = name.size;
    memcpy(fresh->name, name.text, name.size);
    fresh->next = posts;
    posts = fresh;
    *made = &fresh->node;
    return 0;
}

static int remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node *node)
{
    struct post **at = find(name), *gone = *at;
    if (gone == nullptr) return -ENOENT;
    *at = gone->next;
    gone->node.links = 0;
    p9_node_put(&gone->node);
    return 0;
}

int main(int count, char **arguments)
{
    static const struct p9_operations operations = {
        .lookup = lookup, .readdir = readdir, .create = create, .remove = remove};
    static struct p9_node root = {.operations = &operations,
                                  .references = 1,
                                  .mode = MODE_DIRECTORY | MODE_STICKY | 0777,
                                  .links = 2};
    static struct p9_server server = {.name = "srv", .root = &root};
    root.path = p9_path_new();
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 3;
    p9_serve(&server);
}
