// SPDX-License-Identifier: MIT
// Operations on names: making, removing, renaming, linking. The directory's own function is called
// when the permissions allow it and, for what is made, the name is free.
#include "server_internal.h"

static struct p9_name path_of(const struct p9_request *request)
{
    return (struct p9_name){.text = (const char *)request->data, .size = request->size};
}

// Splits the data at path_size; false when that lies outside.
static bool two_paths(const struct p9_request *request, uint64_t first_size, struct p9_name *first,
                      struct p9_name *second)
{
    if (first_size > request->size) return false;
    *first = (struct p9_name){(const char *)request->data, (size_t)first_size};
    *second = (struct p9_name){(const char *)request->data + first_size,
                               request->size - (size_t)first_size};
    return true;
}

static struct p9_node *node_of(struct p9_request *request, uint64_t number)
{
    struct p9_fid *fid = fid_find(request->connection, number);
    return fid ? fid->node : nullptr;
}

static void answer_qid(struct p9_reply *reply, const struct p9_node *node)
{
    reply->word[0] = node_qid_kind(node);
    reply->word[1] = node->path;
}

// In a sticky directory only a file's or the directory's owner removes it.
static bool may_unlink(const struct p9_request *request, const struct walk *walk)
{
    uint32_t uid = request->identity->uid;
    if (!p9_may(request, walk->directory, 3)) return false;
    return (walk->directory->mode & MODE_STICKY) == 0 || uid == 0 || uid == walk->node->uid ||
           uid == walk->directory->uid;
}

// Makes what `creation` says under `path`. `made` has a reference for the caller.
static int create_at(struct p9_request *request, struct p9_node *from, struct p9_name path,
                     struct p9_creation *creation, struct p9_node **made)
{
    struct walk walk;
    if (path.size == 0) return -EEXIST;
    int result = walk_place(request, from, path, &walk);
    if (result != 0) return result;
    if (walk.node) {
        result = -EEXIST;
    } else if (!p9_may(request, walk.directory, 3)) {
        result = -EACCES;
    } else if (walk.directory->operations->create == nullptr) {
        result = -EROFS;
    } else {
        creation->uid = request->identity->uid;
        creation->gid = request->identity->gid;
        if (walk.directory->mode & MODE_SET_GID) creation->gid = walk.directory->gid;
        result =
            walk.directory->operations->create(request, walk.directory, walk.name, creation, made);
        if (result == 0) node_adopt(request->server, *made);
    }
    walk_drop(&walk);
    return result;
}

static int64_t make(struct p9_request *request, struct p9_reply *reply, struct p9_name path,
                    struct p9_creation *creation)
{
    struct p9_node *made, *from = node_of(request, request->word[0]);
    if (from == nullptr) return -EBADF;
    if (path.size == 0) return -EEXIST; // the file that `from` is
    int result = create_at(request, from, path, creation, &made);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    answer_qid(reply, made);
    p9_node_put(made);
    return 0;
}

int64_t serve_mkdir(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_creation creation = {.mode = MODE_DIRECTORY |
                                           ((uint32_t)request->word[1] & MODE_PERMISSIONS)};
    return make(request, reply, path_of(request), &creation);
}

int64_t serve_mknod(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_creation creation = {.mode = (uint32_t)request->word[1], .device = request->word[2]};
    uint32_t type = creation.mode & MODE_TYPE;
    if (type == 0) creation.mode |= MODE_FILE;
    if (type == MODE_DIRECTORY || type == MODE_LINK) return -EINVAL;
    if ((type == MODE_CHARACTER || type == MODE_BLOCK) && request->identity->uid != 0)
        return -EPERM;
    return make(request, reply, path_of(request), &creation);
}

int64_t serve_symlink(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_name path;
    struct p9_creation creation = {.mode = MODE_LINK | 0777};
    if (!two_paths(request, request->word[1], &path, &creation.target)) return -EINVAL;
    if (creation.target.size == 0) return -ENOENT;
    return make(request, reply, path, &creation);
}

int64_t serve_readlink(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_node *node, *from = node_of(request, request->word[0]);
    if (from == nullptr) return -EBADF;
    int64_t result = walk_path(request, from, path_of(request), false, &node);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    if ((node->mode & MODE_TYPE) != MODE_LINK || node->operations->readlink == nullptr) {
        result = -EINVAL;
    } else {
        result = node->operations->readlink(request, node, (char *)reply->data, FE_9P_DATA_MAX);
    }
    p9_node_put(node);
    if (result < 0) return result;
    reply->word[0] = reply->size = (size_t)result;
    return 0;
}

int64_t serve_remove(struct p9_request *request, struct p9_reply *reply)
{
    struct walk walk;
    struct p9_node *from = node_of(request, request->word[0]);
    if (from == nullptr) return -EBADF;
    if (request->size == 0) return -EBUSY; // a root
    int result = walk_place(request, from, path_of(request), &walk);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    bool wants_directory = (request->word[1] & FE_9P_REMOVE_DIRECTORY) != 0;
    if (walk.node == nullptr) {
        result = -ENOENT;
    } else if (((walk.node->mode & MODE_TYPE) == MODE_DIRECTORY) != wants_directory) {
        result = wants_directory ? -ENOTDIR : -EISDIR;
    } else if (!may_unlink(request, &walk)) {
        result = -EACCES;
    } else if (walk.directory->operations->remove == nullptr) {
        result = -EROFS;
    } else {
        result = walk.directory->operations->remove(request, walk.directory, walk.name, walk.node);
    }
    walk_drop(&walk);
    return result;
}

// Whether a rename may replace what is at its target.
static int may_replace(struct p9_request *request, const struct walk *from, const struct walk *to)
{
    if (to->node == nullptr) return 0;
    bool from_directory = (from->node->mode & MODE_TYPE) == MODE_DIRECTORY;
    bool to_directory = (to->node->mode & MODE_TYPE) == MODE_DIRECTORY;
    if (from_directory && !to_directory) return -ENOTDIR;
    if (!from_directory && to_directory) return -EISDIR;
    return may_unlink(request, to) ? 0 : -EACCES;
}

// Names of one file: nothing happens, but where they are the same to the server and it shall be
// kept in another spelling.
static bool is_in_place(const struct walk *from, const struct walk *to)
{
    if (from->node != to->node) return false;
    return from->node->links != 1 || from->directory != to->directory ||
           (from->name.size == to->name.size &&
            memcmp(from->name.text, to->name.text, to->name.size) == 0);
}

static int rename_places(struct p9_request *request, struct walk *from, struct walk *to)
{
    if (from->node == nullptr) return -ENOENT;
    if (!may_unlink(request, from) || !p9_may(request, to->directory, 3)) return -EACCES;
    int result = may_replace(request, from, to);
    if (result != 0 || is_in_place(from, to)) return result;
    if (from->directory->operations->rename == nullptr) return -EROFS;
    if (from->directory->operations != to->directory->operations) return -EXDEV;
    struct p9_place source = {from->directory, from->name, from->node};
    struct p9_place target = {to->directory, to->name, to->node};
    return from->directory->operations->rename(request, &source, &target);
}

// A link met in the second path is told as such.
static int64_t second_link(struct p9_reply *reply, int result)
{
    if (result != WALK_LINK) return result;
    reply->word[1] = 1;
    return 0;
}

int64_t serve_rename(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_name path, target;
    struct walk from, to;
    struct p9_node *start = node_of(request, request->word[0]);
    struct p9_node *target_start = node_of(request, request->word[1]);
    if (start == nullptr || target_start == nullptr) return -EBADF;
    if (!two_paths(request, request->word[2], &path, &target)) return -EINVAL;
    int result = walk_place(request, start, path, &from);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    result = walk_place(request, target_start, target, &to);
    if (result != 0) {
        walk_drop(&from);
        return second_link(reply, result);
    }
    result = rename_places(request, &from, &to);
    walk_drop(&from);
    walk_drop(&to);
    return result;
}

int64_t serve_link(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_name path, target;
    struct p9_node *node;
    struct walk to;
    struct p9_node *start = node_of(request, request->word[0]);
    struct p9_node *target_start = node_of(request, request->word[1]);
    if (start == nullptr || target_start == nullptr) return -EBADF;
    if (!two_paths(request, request->word[2], &path, &target)) return -EINVAL;
    int result = walk_path(request, start, path, false, &node);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    result = walk_place(request, target_start, target, &to);
    if (result != 0) {
        p9_node_put(node);
        return second_link(reply, result);
    }
    if (to.node) {
        result = -EEXIST;
    } else if ((node->mode & MODE_TYPE) == MODE_DIRECTORY) {
        result = -EPERM;
    } else if (!p9_may(request, to.directory, 3)) {
        result = -EACCES;
    } else if (to.directory->operations->link == nullptr) {
        result = -EROFS;
    } else {
        struct p9_place place = {to.directory, to.name, nullptr};
        result = to.directory->operations->link(request, node, &place);
    }
    p9_node_put(node);
    walk_drop(&to);
    return result;
}

int64_t serve_image(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_node *node, *from = node_of(request, request->word[0]);
    if (from == nullptr) return -EBADF;
    int result = walk_path(request, from, path_of(request), true, &node);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    fe_handle image = FE_NO_HANDLE;
    if ((node->mode & MODE_TYPE) != MODE_FILE || !p9_may(request, node, 1)) {
        result = -EACCES;
    } else if (node->operations->image == nullptr) {
        result = -ENOEXEC;
    } else {
        result = node->operations->image(request, node, &image);
    }
    p9_node_put(node);
    return result != 0 ? result : p9_answer_handle(request, image);
}
