// SPDX-License-Identifier: MIT
// Files in memory. Arguments are folders to begin with, each `path[:mode[:uid[:gid]]]`, mode in
// octal. What is written takes from the service's own memory limit, and a full file system says so.
#include "ramfs.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>

uint64_t node_count;

struct node *node_create(const struct p9_creation *creation)
{
    if (!room_take(sizeof(struct node) + creation->target.size)) return nullptr;
    struct node *node = calloc(1, sizeof *node);
    if (node == nullptr) return nullptr;
    uint64_t now = fe_clock_realtime();
    bool is_folder = (creation->mode & MODE_TYPE) == MODE_DIRECTORY;
    node->node = (struct p9_node){.operations = &operations,
                                  .references = 1,
                                  .mode = creation->mode,
                                  .uid = creation->uid,
                                  .gid = creation->gid,
                                  .links = is_folder ? 2 : 1,
                                  .path = p9_path_new(),
                                  .size = creation->target.size,
                                  .access_time = now,
                                  .modify_time = now,
                                  .change_time = now};
    if ((creation->mode & MODE_TYPE) == MODE_FIFO) node->node.operations = &fifo_operations;
    if ((creation->mode & MODE_TYPE) == MODE_SOCKET) node->node.operations = &socket_operations;
    if (creation->target.size != 0) {
        node->target = malloc(creation->target.size);
        if (node->target == nullptr) {
            free(node);
            return nullptr;
        }
        memcpy(node->target, creation->target.text, creation->target.size);
    }
    node_count++;
    return node;
}

void node_release(struct p9_node *released)
{
    struct node *node = (struct node *)released;
    content_fini(&node->content);
    folder_fini(&node->folder);
    free(node->target);
    fe_handle_drop(&node->connector);
    free(node);
    node_count--;
}

void node_modified(struct node *node)
{
    node->node.modify_time = node->node.change_time = fe_clock_realtime();
    node->node.version++;
}

static int64_t link_read(struct p9_request *request, struct p9_node *node, char *to,
                         size_t capacity)
{
    size_t size = node->size < capacity ? (size_t)node->size : capacity;
    memcpy(to, ((struct node *)node)->target, size);
    return (int64_t)size;
}

static int ramfs_statfs(struct p9_request *request, struct p9_node *node,
                        struct fe_9p_statfs *statistics)
{
    uint64_t total, left;
    room_tell(&total, &left);
    *statistics = (struct fe_9p_statfs){.type = 0x01021994,
                                        .block_size = FE_PAGE_SIZE,
                                        .blocks = total / FE_PAGE_SIZE,
                                        .blocks_free = left / FE_PAGE_SIZE,
                                        .blocks_available = left / FE_PAGE_SIZE,
                                        .files = node_count + left / sizeof(struct node),
                                        .files_free = left / sizeof(struct node),
                                        .name_max = 255};
    return 0;
}

const struct p9_operations operations = {
    .lookup = folder_lookup,
    .readdir = folder_readdir,
    .create = folder_create,
    .remove = folder_remove,
    .rename = folder_rename,
    .link = folder_link,
    .read = file_read,
    .write = file_write,
    .truncate = file_truncate,
    .readlink = link_read,
    .memory = file_memory,
    .image = file_image,
    .statfs = ramfs_statfs,
    .getattr = file_getattr,
    .release = node_release,
};

static uint32_t number(const char **text, uint32_t base, uint32_t otherwise)
{
    if (**text != ':') return otherwise;
    uint32_t value = 0;
    for ((*text)++; **text >= '0' && **text < '0' + (char)base; (*text)++) {
        value = value * base + (uint32_t)(**text - '0');
    }
    return value;
}

static struct node *folder_make(struct node *parent, struct p9_name name,
                                const struct p9_creation *creation)
{
    struct p9_node *found;
    if (folder_lookup(nullptr, &parent->node, name, &found) != 0 &&
        folder_create(nullptr, &parent->node, name, creation, &found) != 0) {
        return nullptr;
    }
    p9_node_put(found); // its folder has it
    return (struct node *)found;
}

// Makes the folder that an argument names, and those above it with the usual mode.
static bool argument_use(struct node *root, const char *argument)
{
    const char *end = argument + strcspn(argument, ":"), *rest = end;
    struct p9_creation creation = {.mode = MODE_DIRECTORY | number(&rest, 8, 0755)};
    creation.uid = number(&rest, 10, 0);
    creation.gid = number(&rest, 10, 0);
    struct node *at = root;
    while (at && argument < end) {
        size_t size = 0;
        while (argument + size < end && argument[size] != '/') size++;
        struct p9_name name = {argument, size};
        argument += size + (argument + size < end);
        if (size == 0) continue;
        struct p9_creation above = {.mode = MODE_DIRECTORY | 0755};
        at = folder_make(at, name, argument == end ? &creation : &above);
    }
    if (at == root) {
        at->node.mode = creation.mode;
        at->node.uid = creation.uid;
        at->node.gid = creation.gid;
    }
    return at != nullptr;
}

int main(int count, char **arguments)
{
    static struct p9_server server = {.name = "ramfs"};
    struct node *root = node_create(&(struct p9_creation){.mode = MODE_DIRECTORY | 0755});
    if (root == nullptr) return 1;
    for (int i = 1; i < count; i++) {
        if (!argument_use(root, arguments[i])) fe_log("%s: cannot be made", arguments[i]);
    }
    server.root = &root->node;
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 2;
    p9_serve(&server);
}
