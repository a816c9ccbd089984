// SPDX-License-Identifier: MIT
// Reading and changing attributes, with the rules of who may change what.
#include "server_internal.h"
#include <ferrite/clock.h>

static void default_attributes(const struct p9_node *node, struct fe_9p_attributes *attributes)
{
    *attributes = (struct fe_9p_attributes){
        .qid_kind = node_qid_kind(node),
        .qid_path = node->path,
        .mode = node->mode,
        .uid = node->uid,
        .gid = node->gid,
        .links = node->links ? node->links : 1,
        .device = node->device,
        .size = node->size,
        .block_size = 4096,
        .blocks = (node->size + 511) / 512,
        .access_time = node->access_time,
        .modify_time = node->modify_time,
        .change_time = node->change_time,
    };
}

static int attributes_of(struct p9_request *request, struct p9_node *node,
                         struct fe_9p_attributes *attributes)
{
    default_attributes(node, attributes);
    int result = 0;
    if (node->operations->getattr != nullptr)
        result = node->operations->getattr(request, node, attributes);
    if (attributes->device >> 32 == 0) attributes->device |= request->server->state->device;
    return result;
}

static struct p9_name path_of(const struct p9_request *request, size_t skip)
{
    return (struct p9_name){.text = (const char *)request->data + skip,
                            .size = request->size - skip};
}

int64_t serve_getattr(struct p9_request *request, struct p9_reply *reply)
{
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    if (fid == nullptr) return -EBADF;
    struct p9_node *node;
    bool follow = (request->word[1] & FE_9P_NO_FOLLOW) == 0;
    int result = walk_path(request, fid->node, path_of(request, 0), follow, &node);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    struct fe_9p_attributes attributes;
    result = attributes_of(request, node, &attributes);
    p9_node_put(node);
    return result != 0 ? result : p9_answer(request, &attributes, sizeof attributes);
}

static bool is_member(const struct p9_identity *identity, uint32_t gid)
{
    bool member = identity->gid == gid;
    for (uint32_t i = 0; i < identity->group_count; i++) member |= identity->groups[i] == gid;
    return member;
}

// uid 0 may all; the owner mode, times and a group of his own; who may write, the size and the time
// now.
static int may_change(const struct p9_request *request, const struct p9_node *node, uint32_t valid,
                      const struct fe_9p_attributes *wish)
{
    const struct p9_identity *identity = request->identity;
    if (identity->uid == 0) return 0;
    bool is_owner = identity->uid == node->uid;
    uint32_t owners =
        ATTRIBUTE_MODE | ATTRIBUTE_GID | ATTRIBUTE_ACCESS_TIME | ATTRIBUTE_MODIFY_TIME;
    uint32_t writers = ATTRIBUTE_SIZE | ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW;
    if ((valid & ATTRIBUTE_UID) != 0 && (!is_owner || wish->uid != node->uid)) return -EPERM;
    if ((valid & owners) != 0 && !is_owner) return -EPERM;
    if ((valid & ATTRIBUTE_GID) != 0 && !is_member(identity, wish->gid)) return -EPERM;
    if ((valid & ATTRIBUTE_SIZE) != 0 && !p9_may(request, node, 2)) return -EACCES;
    if ((valid & writers) != 0 && !is_owner && !p9_may(request, node, 2)) return -EACCES;
    return 0;
}

static void default_change(struct p9_node *node, uint32_t valid,
                           const struct fe_9p_attributes *wish)
{
    if (valid & ATTRIBUTE_MODE) {
        node->mode = (node->mode & MODE_TYPE) | (wish->mode & MODE_PERMISSIONS);
    }
    if (valid & ATTRIBUTE_UID) node->uid = wish->uid;
    if (valid & ATTRIBUTE_GID) node->gid = wish->gid;
    if (valid & ATTRIBUTE_ACCESS_TIME) node->access_time = wish->access_time;
    if (valid & ATTRIBUTE_MODIFY_TIME) node->modify_time = wish->modify_time;
}

static int change(struct p9_request *request, struct p9_node *node, uint32_t valid,
                  struct fe_9p_attributes *wish)
{
    int result = may_change(request, node, valid, wish);
    if (result != 0) return result;
    if (valid & ATTRIBUTE_SIZE) {
        if ((node->mode & MODE_TYPE) == MODE_DIRECTORY) return -EISDIR;
        if (node->operations->truncate == nullptr) return -EINVAL;
        result = node->operations->truncate(request, node, wish->size);
        if (result != 0) return result;
    }
    uint64_t now = fe_clock_realtime();
    if (valid & ATTRIBUTE_ACCESS_NOW) {
        valid |= ATTRIBUTE_ACCESS_TIME;
        wish->access_time = now;
    }
    if (valid & ATTRIBUTE_MODIFY_NOW) {
        valid |= ATTRIBUTE_MODIFY_TIME;
        wish->modify_time = now;
    }
    if (node->operations->setattr) {
        result = node->operations->setattr(request, node, valid, wish);
        if (result != 0) return result;
    }
    default_change(node, valid, wish);
    node->change_time = now;
    return 0;
}

int64_t serve_setattr(struct p9_request *request, struct p9_reply *reply)
{
    struct fe_9p_attributes wish;
    struct p9_fid *fid = fid_find(request->connection, request->word[0]);
    if (fid == nullptr) return -EBADF;
    if (request->size < sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    struct p9_node *node;
    bool follow = (request->word[2] & FE_9P_NO_FOLLOW) == 0;
    int result = walk_path(request, fid->node, path_of(request, sizeof wish), follow, &node);
    if (result != 0) return result == WALK_LINK ? 0 : result;
    result = change(request, node, (uint32_t)request->word[1], &wish);
    p9_node_put(node);
    return result;
}
