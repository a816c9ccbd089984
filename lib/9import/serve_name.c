// SPDX-License-Identifier: MIT
// Operations on names and attributes.
#include "internal.h"
#include <sys/sysmacros.h>

// What a path from the request's file leads to. A path of nothing is the file itself, whose fid
// stays.
struct target {
    struct file *from;
    uint32_t fid;
};

static int target_get(struct worker *worker, struct wire_text path, uint64_t flags,
                      struct target *target)
{
    bool follow = (flags & FE_9P_NO_FOLLOW) == 0;
    int result = remote_file_get(worker, worker->message.word[0], &target->from);
    if (result != 0) return result;
    struct walked walked = {.fid = target->from->fid};
    if (path.size != 0) result = remote_walk(worker, target->from->fid, path, follow, &walked);
    if (result != 0) remote_file_put(worker, target->from);
    target->fid = walked.fid;
    return result;
}

static void target_put(struct worker *worker, const struct target *target)
{
    if (target->fid != target->from->fid) remote_leave(worker, target->fid);
    remote_file_put(worker, target->from);
}

int relay_getattr(struct worker *worker)
{
    struct target target;
    int result = target_get(worker, request_path(worker), worker->message.word[1], &target);
    if (result != 0) return result;
    struct wire_message reply, request = {.type = WIRE_GETATTR, .number = {target.fid, 0x7ff}};
    result = remote_call(worker, &request, &reply);
    target_put(worker, &target);
    if (result != 0) return result;
    struct fe_9p_attributes attributes;
    wire_attributes_get(&reply, &attributes);
    memcpy(worker->answer, &attributes, sizeof attributes);
    answer_data(worker, worker->answer, sizeof attributes);
    return 0;
}

// Of one user's server: the owner may all, others what they may write.
static int may_change(struct worker *worker, uint32_t fid, uint32_t valid)
{
    uint32_t writers = ATTRIBUTE_SIZE | ATTRIBUTE_ACCESS_NOW | ATTRIBUTE_MODIFY_NOW;
    if (!worker->import->is_one_user || worker->session->uid == 0) return 0;
    if ((valid & ~writers) != 0) return -EPERM;
    return remote_may(worker, fid, 2);
}

int relay_setattr(struct worker *worker)
{
    struct fe_9p_attributes wish;
    struct target target;
    struct wire_text path = request_path(worker);
    if (path.size < sizeof wish) return -EINVAL;
    memcpy(&wish, path.text, sizeof wish);
    path = (struct wire_text){path.text + sizeof wish, path.size - (uint32_t)sizeof wish};
    int result = target_get(worker, path, worker->message.word[2], &target);
    if (result != 0) return result;
    uint32_t valid = (uint32_t)worker->message.word[1];
    struct wire_message reply, request = {.type = WIRE_SETATTR, .number = {target.fid}};
    wire_change_put(&request, valid, &wish);
    result = may_change(worker, target.fid, valid);
    if (result == 0) result = remote_call(worker, &request, &reply);
    target_put(worker, &target);
    return result;
}

int relay_statfs(struct worker *worker)
{
    struct file *file;
    int result = remote_file_get(worker, worker->message.word[0], &file);
    if (result != 0) return result;
    struct wire_message reply, request = {.type = WIRE_STATFS, .number = {file->fid}};
    result = remote_call(worker, &request, &reply);
    remote_file_put(worker, file);
    if (result != 0) return result;
    struct fe_9p_statfs statistics;
    wire_statfs_get(&reply, &statistics);
    memcpy(worker->answer, &statistics, sizeof statistics);
    answer_data(worker, worker->answer, sizeof statistics);
    return 0;
}

// Sends a request on a name in a folder: its first number is the folder's fid, its first text the
// name. The reply's qid, if it has one, is the answer.
static int in_folder(struct worker *worker, struct wire_text path, struct wire_message *request)
{
    struct file *from;
    struct place place;
    struct wire_message reply;
    if (path.size == 0) return -EEXIST; // the file that `from` is
    int result = remote_file_get(worker, worker->message.word[0], &from);
    if (result != 0) return result;
    result = remote_place(worker, from->fid, path, &place);
    if (result == 0) {
        request->number[0] = place.fid;
        request->text[0] = place.name;
        result = remote_may(worker, place.fid, 3);
        if (result == 0) result = remote_call(worker, request, &reply);
        if (result == 0) answer_qid(worker, qid_kind(&reply.number[0]), reply.number[2]);
        place_leave(worker, from->fid, &place);
    }
    remote_file_put(worker, from);
    return result;
}

int relay_mkdir(struct worker *worker)
{
    struct wire_message request = {
        .type = WIRE_MKDIR,
        .number = {0, worker->message.word[1] & MODE_PERMISSIONS, worker->session->gid}};
    return in_folder(worker, request_path(worker), &request);
}

int relay_mknod(struct worker *worker)
{
    uint64_t mode = (uint32_t)worker->message.word[1], device = worker->message.word[2];
    uint64_t type = mode & MODE_TYPE;
    if (type == MODE_DIRECTORY || type == MODE_LINK) return -EINVAL;
    bool is_device = type == MODE_CHARACTER || type == MODE_BLOCK;
    if (is_device && worker->session->uid != 0) return -EPERM;
    if (type == 0) mode |= MODE_FILE;
    struct wire_message request = {
        .type = WIRE_MKNOD,
        .number = {0, mode, major(device), minor(device), worker->session->gid}};
    return in_folder(worker, request_path(worker), &request);
}

// The two paths in the data; false when the first one's size lies outside.
static bool two_paths(const struct worker *worker, uint64_t first_size, struct wire_text *first,
                      struct wire_text *second)
{
    struct wire_text both = request_path(worker);
    if (first_size > both.size) return false;
    *first = (struct wire_text){both.text, (uint32_t)first_size};
    *second = (struct wire_text){both.text + first_size, both.size - (uint32_t)first_size};
    return true;
}

int relay_symlink(struct worker *worker)
{
    struct wire_text path;
    struct wire_message request = {.type = WIRE_SYMLINK, .number = {0, worker->session->gid}};
    if (!two_paths(worker, worker->message.word[1], &path, &request.text[1])) return -EINVAL;
    if (request.text[1].size == 0) return -ENOENT;
    return in_folder(worker, path, &request);
}

// Walks to what the request's path names, links not followed. The new fid is the caller's to leave.
static int request_walk(struct worker *worker, struct walked *walked)
{
    struct file *from;
    int result = remote_file_get(worker, worker->message.word[0], &from);
    if (result != 0) return result;
    result = remote_walk(worker, from->fid, request_path(worker), false, walked);
    remote_file_put(worker, from);
    return result;
}

// For servers that know no unlinkat: a fid of the file itself, which the request forgets. That one
// does not care what kind of file it is.
static int remove_file(struct worker *worker, bool is_directory)
{
    struct walked walked;
    int result = request_walk(worker, &walked);
    if (result != 0) return result;
    if (((walked.kind & QID_DIRECTORY) != 0) != is_directory) {
        remote_leave(worker, walked.fid);
        return is_directory ? -ENOTDIR : -EISDIR;
    }
    struct wire_message reply, request = {.type = WIRE_REMOVE, .number = {walked.fid}};
    result = remote_call(worker, &request, &reply);
    remote_fid_give(worker->import->state, walked.fid);
    return result;
}

int relay_remove(struct worker *worker)
{
    enum : uint32_t { REMOVE_DIRECTORY = 0x200 };
    bool is_directory = (worker->message.word[1] & FE_9P_REMOVE_DIRECTORY) != 0;
    struct wire_text path = request_path(worker);
    struct wire_message request = {.type = WIRE_UNLINK_AT,
                                   .number = {0, is_directory ? REMOVE_DIRECTORY : 0}};
    if (path.size == 0) return -EBUSY;
    int result = in_folder(worker, path, &request);
    return result == -EOPNOTSUPP ? remove_file(worker, is_directory) : result;
}

int relay_readlink(struct worker *worker)
{
    struct walked walked;
    int result = request_walk(worker, &walked);
    if (result != 0) return result;
    struct wire_message reply, request = {.type = WIRE_READLINK, .number = {walked.fid}};
    result = walked.kind & QID_LINK ? remote_call(worker, &request, &reply) : -EINVAL;
    remote_leave(worker, walked.fid);
    if (result != 0) return result;
    memcpy(worker->answer, reply.text[0].text, reply.text[0].size);
    worker->word[0] = reply.text[0].size;
    answer_data(worker, worker->answer, reply.text[0].size);
    return 0;
}

// The two files of a rename or link, whose fids come in the request.
struct pair {
    struct file *first, *second;
    struct wire_text first_path, second_path;
};

static int pair_get(struct worker *worker, struct pair *pair)
{
    const uint64_t *word = worker->message.word;
    if (!two_paths(worker, word[2], &pair->first_path, &pair->second_path)) return -EINVAL;
    int result = remote_file_get(worker, word[0], &pair->first);
    if (result != 0) return result;
    result = remote_file_get(worker, word[1], &pair->second);
    if (result != 0) remote_file_put(worker, pair->first);
    return result;
}

static void pair_put(struct worker *worker, struct pair *pair)
{
    remote_file_put(worker, pair->first);
    remote_file_put(worker, pair->second);
}

// A link that is met in the second path is told as such.
static int second_place(struct worker *worker, const struct pair *pair, struct place *place)
{
    int result = remote_place(worker, pair->second->fid, pair->second_path, place);
    if (result == WALK_LINK) worker->word[1] = 1;
    if (result != 0) return result;
    result = remote_may(worker, place->fid, 3);
    if (result != 0) place_leave(worker, pair->second->fid, place);
    return result;
}

// For servers that know no renameat: by a fid of the file itself.
static int rename_file(struct worker *worker, const struct pair *pair, const struct place *to)
{
    struct walked walked;
    int result = remote_walk(worker, pair->first->fid, pair->first_path, false, &walked);
    if (result != 0) return result;
    struct wire_message reply, request = {
                                   .type = WIRE_RENAME,
                                   .number = {walked.fid, to->fid},
                                   .text = {to->name},
                               };
    result = remote_call(worker, &request, &reply);
    remote_leave(worker, walked.fid);
    return result;
}

static int rename_to(struct worker *worker, const struct pair *pair, const struct place *from)
{
    struct place to;
    int result = second_place(worker, pair, &to);
    if (result != 0) return result;
    struct wire_message reply, request = {
                                   .type = WIRE_RENAME_AT,
                                   .number = {from->fid, to.fid},
                                   .text = {from->name, to.name},
                               };
    result = remote_call(worker, &request, &reply);
    if (result == -EOPNOTSUPP) result = rename_file(worker, pair, &to);
    place_leave(worker, pair->second->fid, &to);
    return result;
}

int relay_rename(struct worker *worker)
{
    struct pair pair;
    struct place from;
    int result = pair_get(worker, &pair);
    if (result != 0) return result;
    result = remote_place(worker, pair.first->fid, pair.first_path, &from);
    if (result == 0) {
        result = remote_may(worker, from.fid, 3);
        if (result == 0) result = rename_to(worker, &pair, &from);
        place_leave(worker, pair.first->fid, &from);
    }
    pair_put(worker, &pair);
    return result;
}

int relay_link(struct worker *worker)
{
    struct pair pair;
    struct place to;
    struct walked walked;
    int result = pair_get(worker, &pair);
    if (result != 0) return result;
    result = remote_walk(worker, pair.first->fid, pair.first_path, false, &walked);
    if (result == 0) {
        result = second_place(worker, &pair, &to);
        if (result == 0) {
            struct wire_message reply,
                request = {.type = WIRE_LINK, .number = {to.fid, walked.fid}, .text = {to.name}};
            result = remote_call(worker, &request, &reply);
            place_leave(worker, pair.second->fid, &to);
        }
        remote_leave(worker, walked.fid);
    }
    pair_put(worker, &pair);
    return result;
}
