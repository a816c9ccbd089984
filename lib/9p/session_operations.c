// SPDX-License-Identifier: MIT
// Operations that make sessions and fids: attach, identify, walk, open; and the table of all
// operations.
#include "server_internal.h"

int64_t serve_attach(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_connection *from = request->connection;
    struct p9_name path = {.text = (const char *)request->data, .size = request->size};
    if (request->word[1] != FE_9P_VERSION) return -EPROTO;
    struct p9_node *root;
    int result = connection_root(request);
    if (result != 0) return result;
    result = walk_path(request, from->root, path, true, &root);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    struct p9_identity *identity = from->identity;
    identity->references++;
    uint32_t wanted = (uint32_t)request->word[0];
    if (wanted != FE_9P_SAME_IDENTITY && wanted != identity->uid) {
        bool allowed = identity->uid == 0;
        identity_put(identity);
        identity = allowed ? identity_create(wanted, wanted, nullptr, 0) : nullptr;
        if (identity == nullptr) {
            p9_node_put(root);
            return allowed ? -ENOMEM : -EPERM;
        }
    }
    fe_handle session;
    struct p9_connection *made = connection_create(request->server, identity, root, &session);
    identity_put(identity);
    if (made) result = fid_set(made, FE_9P_ROOT_FID, root, nullptr);
    if (made && result == 0)
        result = connection_base(request->server, made, from, path,
                                 (request->word[2] & FE_9P_KEEP) != 0);
    reply->word[0] = node_qid_kind(root);
    reply->word[1] = root->path;
    reply->word[2] = FE_9P_ROOT_FID;
    reply->word[3] = FE_9P_DATA_MAX;
    reply->word[4] = request->server->is_lasting ? FE_9P_LASTING : 0;
    p9_node_put(root);
    if (made == nullptr) return -ENOMEM;
    if (result == 0) return p9_answer_handle(request, session);
    fe_handle_drop(&session);
    return result;
}

int64_t serve_identify(struct p9_request *request, struct p9_reply *reply)
{
    uint32_t groups[32];
    size_t count = request->size / sizeof groups[0];
    if (request->identity->uid != 0) return -EPERM;
    int result = connection_root(request);
    if (result != 0) return result;
    if (count > 32 || request->size % sizeof groups[0] != 0) return -EINVAL;
    if (request->size) memcpy(groups, request->data, request->size);
    struct p9_identity *identity = identity_create(
        (uint32_t)request->word[0], (uint32_t)request->word[1], groups, (uint32_t)count);
    if (identity == nullptr) return -ENOMEM;
    fe_handle connector;
    struct p9_connection *made =
        connection_create(request->server, identity, request->connection->root, &connector);
    identity_put(identity);
    if (made == nullptr) return -ENOMEM;
    result = connection_base(request->server, made, request->connection, (struct p9_name){}, true);
    if (result == 0) return p9_answer_handle(request, connector);
    fe_handle_drop(&connector);
    return result;
}

int64_t serve_walk(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    struct p9_name path = {.text = (const char *)request->data, .size = request->size};
    if (fid == nullptr) return -EBADF;
    struct p9_node *node;
    bool follow = (request->word[2] & FE_9P_NO_FOLLOW) == 0;
    int result = walk_path(request, fid->node, path, follow, &node);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    if (request->word[1] != FE_9P_NO_FID) {
        result = fid_set(request->connection, request->word[1], node, nullptr);
    }
    reply->word[0] = node_qid_kind(node);
    reply->word[1] = node->path;
    p9_node_put(node);
    return result;
}

int64_t serve_rewalk(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    if (fid == nullptr) return -EBADF;
    struct p9_node *node = fid->node;
    reply->word[0] = node_qid_kind(node);
    reply->word[1] = node->path;
    return fid_set(request->connection, request->word[1], node, nullptr);
}

int64_t serve_flush(struct p9_request *request, struct p9_reply *reply)
{
    wait_cancel(request->server, request->word[0]);
    return 0;
}

// With OPEN_CREATE: finds or makes the last name. *is_new: the permissions of the new file do not
// matter.
static int open_or_create(struct p9_request *request, struct p9_node *from, struct p9_name path,
                          struct p9_node **node, bool *is_new)
{
    uint32_t flags = (uint32_t)request->word[2];
    struct walk walk;
    int result = walk_place(request, from, path, &walk);
    if (result != 0) return result;
    if (walk.node && (flags & OPEN_EXCLUSIVE)) {
        result = -EEXIST;
    } else if (walk.node && (walk.node->mode & MODE_TYPE) == MODE_LINK &&
               (flags & OPEN_NO_FOLLOW) == 0) {
        result = answer_link(request, walk.node, path.size);
    } else if (walk.node) {
        p9_node_get(walk.node);
        *node = walk.node;
    } else if (!p9_may(request, walk.directory, 3)) {
        result = -EACCES;
    } else if (walk.directory->operations->create == nullptr) {
        result = -EROFS;
    } else {
        struct p9_creation creation = {
            .mode = MODE_FILE | ((uint32_t)request->word[3] & MODE_PERMISSIONS),
            .uid = request->identity->uid,
            .gid = (walk.directory->mode & MODE_SET_GID) ? walk.directory->gid
                                                         : request->identity->gid,
        };
        result =
            walk.directory->operations->create(request, walk.directory, walk.name, &creation, node);
        if (result == 0) node_adopt(request->server, *node);
        *is_new = result == 0;
    }
    walk_drop(&walk);
    return result;
}

static int may_open(struct p9_request *request, struct p9_node *node, uint32_t flags)
{
    static const uint32_t wanted[4] = {4, 2, 6, 0};
    uint32_t type = node->mode & MODE_TYPE;
    if (type == MODE_LINK && (flags & OPEN_ACCESS) != OPEN_PATH) return -ELOOP;
    if ((flags & OPEN_DIRECTORY) != 0 && type != MODE_DIRECTORY) return -ENOTDIR;
    uint32_t want = wanted[flags & OPEN_ACCESS];
    if (type == MODE_DIRECTORY && (want & 2) != 0) return -EISDIR;
    if (type == MODE_SOCKET && want != 0) return -ENXIO;
    if (!p9_may(request, node, want)) return -EACCES;
    return (flags & OPEN_TRUNCATE) != 0 && !p9_may(request, node, 2) ? -EACCES : 0;
}

static int open_node(struct p9_request *request, struct p9_node *node, bool is_new)
{
    uint32_t flags = (uint32_t)request->word[2];
    int result = is_new ? 0 : may_open(request, node, flags);
    if (result != 0) return result;
    if ((flags & OPEN_TRUNCATE) != 0 && !is_new && (node->mode & MODE_TYPE) == MODE_FILE) {
        if (node->operations->truncate) result = node->operations->truncate(request, node, 0);
        if (result != 0) return result;
    }
    struct p9_open *open = open_create(node, flags);
    if (open == nullptr) return -ENOMEM;
    bool runs = node->operations->open && (flags & OPEN_ACCESS) != OPEN_PATH;
    result = runs ? node->operations->open(request, open) : 0;
    if (result != 0) {
        open_free(open);
        return result;
    }
    node_adopt(request->server, open->node);
    result = fid_set(request->connection, request->word[1], open->node, open);
    open_put(open);
    return result;
}

// What P9_LATER means of an open: an error, or a place in the node's queue; then all is done again.
static int open_later(struct p9_request *request, struct p9_node *node)
{
    if ((request->word[2] & OPEN_NONBLOCK) != 0) return -EAGAIN;
    int result = wait_for_change(request, node);
    return result != 0 ? result : P9_LATER;
}

int64_t serve_open(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    struct p9_name path = {.text = (const char *)request->data, .size = request->size};
    uint32_t flags = (uint32_t)request->word[2];
    size_t inline_size = (size_t)(request->word[3] >> 32);
    if (inline_size > FE_9P_OPEN_INLINE) return -EINVAL;
    if (inline_size != 0)
        path = (struct p9_name){.text = (const char *)&request->word[4], .size = inline_size};
    if (fid == nullptr || fid_find(request->connection, request->word[1])) return -EBADF;
    struct p9_node *node;
    bool is_new = false;
    int result;
    if ((flags & OPEN_CREATE) != 0 && path.size > 0) {
        result = open_or_create(request, fid->node, path, &node, &is_new);
    } else {
        result = walk_path(request, fid->node, path, (flags & OPEN_NO_FOLLOW) == 0, &node);
    }
    if (result != 0) return result == WALK_LINK ? 0 : result;
    result = open_node(request, node, is_new);
    if (result == P9_LATER) result = open_later(request, node);
    p9_node_put(node);
    if (result != 0) return result;
    const struct p9_node *opened = request->connection->fids[request->word[1]].node;
    reply->word[0] = node_qid_kind(opened);
    reply->word[1] = opened->path;
    reply->word[2] = FE_9P_DATA_MAX;
    reply->word[3] = opened->size;
    return 0;
}

#define P9_ROW(number, name) [number] = serve_##name,
p9_operation *const p9_operation_table[P9_OPERATION_COUNT] = {P9_OPERATION_TABLE(P9_ROW)};
#undef P9_ROW
