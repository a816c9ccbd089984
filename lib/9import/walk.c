// SPDX-License-Identifier: MIT
// From a fid and a path to a new fid of the remote server: sixteen names at a time, until the end
// or a symbolic link that must be followed; the client goes on from there.
#include "internal.h"

// The names of a path, from `at` on; *ends are the offsets where they end. Names that are none give
// EINVAL.
static int names_take(struct wire_text path, uint32_t *at, uint32_t most, struct wire_text *names,
                      uint32_t *ends)
{
    uint32_t count = 0;
    while (*at < path.size && count < most) {
        uint32_t end = *at;
        while (end < path.size && path.text[end] != '/') end++;
        names[count] = (struct wire_text){path.text + *at, end - *at};
        if (!wire_is_name(names[count]) || end + 1 == path.size) return -EINVAL;
        ends[count++] = end;
        *at = end + 1;
    }
    return (int)count;
}

static int link_answer(struct worker *worker, uint32_t from, struct wire_text path)
{
    struct walked link;
    struct wire_message reply, request = {.type = WIRE_READLINK};
    int result = remote_walk(worker, from, path, false, &link);
    if (result != 0) return result;
    request.number[0] = link.fid;
    result = remote_call(worker, &request, &reply);
    remote_leave(worker, link.fid);
    if (result != 0) return result;
    if (reply.text[0].size == 0) return -EPROTO;
    memcpy(worker->answer, reply.text[0].text, reply.text[0].size);
    worker->label = FE_9P_LINK;
    worker->word[0] = path.size;
    answer_data(worker, worker->answer, reply.text[0].size);
    return WALK_LINK;
}

static bool in_groups(const struct session *session, uint32_t gid)
{
    bool is_member = session->gid == gid;
    for (uint32_t i = 0; i < session->group_count; i++) is_member |= session->groups[i] == gid;
    return is_member;
}

int remote_may(struct worker *worker, uint32_t fid, uint32_t want)
{
    const struct session *session = worker->session;
    if (!worker->import->is_one_user || session->uid == 0 || want == 0) return 0;
    struct wire_message reply, request = {.type = WIRE_GETATTR, .number = {fid, UINT64_MAX}};
    request.number[1] = 0x7ff; // what stat() tells
    int result = remote_call(worker, &request, &reply);
    if (result != 0) return result;
    struct fe_9p_attributes attributes;
    wire_attributes_get(&reply, &attributes);
    uint32_t granted = attributes.mode & 7;
    if (session->uid == attributes.uid) {
        granted = attributes.mode >> 6 & 7;
    } else if (in_groups(session, attributes.gid)) {
        granted = attributes.mode >> 3 & 7;
    }
    return (want & ~granted) == 0 ? 0 : -EACCES;
}

// One step of a walk: up to sixteen names, from `from` to `to`. *done: how many names it went.
struct step {
    struct wire_text names[WIRE_NAMES];
    uint32_t ends[WIRE_NAMES];
    uint32_t count, done;
    uint64_t kind[WIRE_NAMES], path[WIRE_NAMES];
};

static int step(struct worker *worker, uint32_t from, uint32_t to, struct step *step)
{
    struct wire_message reply, request = {.type = WIRE_WALK, .number = {from, to, step->count}};
    for (uint32_t i = 0; i < step->count; i++) request.text[i] = step->names[i];
    step->done = 0;
    int result = step->count == 0 ? 0 : remote_may(worker, from, 1);
    if (result == 0) result = remote_call(worker, &request, &reply);
    if (result != 0) return result;
    if (reply.number[0] > step->count) return -EPROTO;
    step->done = (uint32_t)reply.number[0];
    for (uint32_t i = 0; i < step->done; i++) {
        step->kind[i] = qid_kind(&reply.number[1 + 3 * i]);
        step->path[i] = reply.number[3 + 3 * i];
    }
    return 0;
}

// Which of the names that were walked is a link that stops the walk; `count` if none does.
static uint32_t link_of(const struct step *step, bool is_last, bool follow)
{
    for (uint32_t i = 0; i < step->done; i++) {
        bool is_end = is_last && i + 1 == step->count;
        if ((step->kind[i] & QID_LINK) && (follow || !is_end)) return i;
    }
    return step->count;
}

int remote_walk(struct worker *worker, uint32_t from, struct wire_text path, bool follow,
                struct walked *walked)
{
    struct import_state *state = worker->import->state;
    uint32_t fid = remote_fid_take(state), at = 0, here = from;
    uint32_t most = worker->import->is_one_user && worker->session->uid != 0 ? 1 : WIRE_NAMES;
    struct step now;
    int result;
    *walked = (struct walked){.fid = fid, .kind = QID_DIRECTORY};
    do {
        result = names_take(path, &at, most, now.names, now.ends);
        if (result < 0) break;
        now.count = (uint32_t)result;
        result = step(worker, here, fid, &now);
        if (result != 0) break;
        uint32_t link = link_of(&now, at >= path.size, follow);
        bool is_whole = now.done == now.count;
        if (is_whole) here = fid;
        if (link < now.count) {
            result = link_answer(worker, from, (struct wire_text){path.text, now.ends[link]});
        } else if (!is_whole) {
            bool in_file = now.done != 0 && (now.kind[now.done - 1] & QID_DIRECTORY) == 0;
            result = in_file ? -ENOTDIR : -ENOENT;
        } else if (now.count != 0) {
            walked->kind = now.kind[now.count - 1];
            walked->path = now.path[now.count - 1];
        }
    } while (result == 0 && at < path.size);
    if (result == 0) return 0;
    if (here == fid) {
        remote_leave(worker, fid);
    } else {
        remote_fid_give(state, fid);
    }
    return result;
}

int remote_place(struct worker *worker, uint32_t from, struct wire_text path, struct place *place)
{
    struct walked folder;
    uint32_t start = path.size;
    if (path.size == 0) return -EBUSY; // the root has no name
    while (start > 0 && path.text[start - 1] != '/') start--;
    place->name = (struct wire_text){path.text + start, path.size - start};
    place->fid = from;
    if (!wire_is_name(place->name)) return -EINVAL;
    if (start == 0) return 0;
    int result = remote_walk(worker, from, (struct wire_text){path.text, start - 1}, true, &folder);
    place->fid = folder.fid;
    return result;
}

void place_leave(struct worker *worker, uint32_t from, const struct place *place)
{
    if (place->fid != from) remote_leave(worker, place->fid);
}
