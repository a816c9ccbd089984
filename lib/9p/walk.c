// SPDX-License-Identifier: MIT
// From a fid and a path to a node: one lookup for each name, with search permission in every
// directory, until the end or a symbolic link that must be followed; the client goes on from there.
#include "server_internal.h"

void node_adopt(struct p9_server *server, struct p9_node *node)
{
    node->server = server;
}

uint64_t node_qid_kind(const struct p9_node *node)
{
    uint32_t type = node->mode & MODE_TYPE;
    uint64_t kind = QID_FILE;
    if (type == MODE_DIRECTORY) kind = QID_DIRECTORY;
    if (type == MODE_LINK) kind = QID_LINK;
    if (type == MODE_CHARACTER || type == MODE_BLOCK || type == MODE_FIFO) kind = QID_DEVICE;
    if (type == MODE_BLOCK) kind |= QID_BLOCK;
    uint32_t version = node->version;
    if ((kind & QID_DEVICE) != 0 && version == 0 && node->server != nullptr)
        version = node->server->instance;
    return kind | (uint64_t)(node->generation & 0xffffff) << 8 | (uint64_t)version << 32;
}

static bool in_group(const struct p9_identity *identity, uint32_t gid)
{
    if (identity->gid == gid) return true;
    for (uint32_t i = 0; i < identity->group_count; i++) {
        if (identity->groups[i] == gid) return true;
    }
    return false;
}

bool p9_may(const struct p9_request *request, const struct p9_node *node, uint32_t want)
{
    const struct p9_identity *identity = request->identity;
    if (identity->uid == 0) {
        return (want & 1) == 0 || (node->mode & MODE_TYPE) == MODE_DIRECTORY ||
               (node->mode & 0111) != 0;
    }
    uint32_t granted = node->mode & 7;
    if (identity->uid == node->uid) {
        granted = node->mode >> 6 & 7;
    } else if (in_group(identity, node->gid)) {
        granted = node->mode >> 3 & 7;
    }
    return (want & ~granted) == 0;
}

// The next name of a path; false at its end or when the path is malformed (*bad).
static bool next_name(struct p9_name path, size_t *at, struct p9_name *name, bool *bad)
{
    if (*at >= path.size) return false;
    const char *start = path.text + *at;
    const char *stop = start, *end = path.text + path.size;
    while (stop < end && ((uint8_t)*stop > '/' || (*stop != '/' && *stop != '\0'))) stop++;
    size_t size = (size_t)(stop - start);
    *name = (struct p9_name){.text = start, .size = size};
    *at += size + (stop < end);
    bool is_dots = start[0] == '.' && (size == 1 || (size == 2 && start[1] == '.'));
    *bad = size == 0 || size > 255 || (stop < end && *stop == '\0') || is_dots;
    return !*bad;
}

static int lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found)
{
    if ((directory->mode & MODE_TYPE) != MODE_DIRECTORY) return -ENOTDIR;
    if (!p9_may(request, directory, 1)) return -EACCES;
    if (directory->operations->lookup == nullptr) return -ENOENT;
    int result = directory->operations->lookup(request, directory, name, found);
    if (result == 0) node_adopt(request->server, *found);
    return result;
}

int answer_link(struct p9_request *request, struct p9_node *link, size_t consumed)
{
    struct p9_reply *reply = reply_of(request);
    if (link->operations->readlink == nullptr) return -EINVAL;
    int64_t size = link->operations->readlink(request, link, (char *)reply->data, FE_9P_DATA_MAX);
    if (size < 0) return (int)size;
    reply->label = FE_9P_LINK;
    reply->word[0] = consumed;
    reply->size = (size_t)size;
    return WALK_LINK;
}

int walk_path(struct p9_request *request, struct p9_node *from, struct p9_name path, bool follow,
              struct p9_node **node)
{
    struct p9_name name;
    size_t at = 0;
    bool bad = false;
    p9_node_get(from);
    struct p9_node *here = from;
    while (next_name(path, &at, &name, &bad)) {
        struct p9_node *found;
        int result = lookup(request, here, name, &found);
        p9_node_put(here);
        if (result != 0) return result;
        here = found;
        bool is_link = (here->mode & MODE_TYPE) == MODE_LINK;
        if (is_link && (follow || at < path.size)) {
            result = answer_link(request, here, (size_t)(name.text - path.text) + name.size);
            p9_node_put(here);
            return result;
        }
    }
    if (bad) {
        p9_node_put(here);
        return -EINVAL;
    }
    *node = here;
    return 0;
}

// Walks to the directory of the last name and looks for that, without following a link there. A
// name that does not exist is no error: node is nullptr then. The path must have a name.
int walk_place(struct p9_request *request, struct p9_node *from, struct p9_name path,
               struct walk *walk)
{
    *walk = (struct walk){};
    if (path.size == 0) return -EBUSY; // the root has no name
    size_t start = path.size;
    while (start > 0 && path.text[start - 1] != '/') start--;
    size_t at = start;
    bool bad;
    if (!next_name(path, &at, &walk->name, &bad)) return -EINVAL;
    struct p9_name parent = {.text = path.text, .size = start > 0 ? start - 1 : 0};
    int result = walk_path(request, from, parent, true, &walk->directory);
    if (result != 0) return result;
    result = lookup(request, walk->directory, walk->name, &walk->node);
    if (result == 0) return 0;
    walk->node = nullptr;
    if (result == -ENOENT) return 0;
    walk_drop(walk);
    return result;
}

void walk_drop(struct walk *walk)
{
    p9_node_put(walk->directory);
    p9_node_put(walk->node);
    *walk = (struct walk){};
}

void p9_node_get(struct p9_node *node)
{
    node->references++;
}

void p9_node_put(struct p9_node *node)
{
    if (node == nullptr || --node->references != 0) return;
    if (node->operations->release)
        node->operations->release(node);
    else if (node->free)
        node->free(node);
}

uint64_t p9_path_new(void)
{
    static uint64_t last;
    return ++last;
}
