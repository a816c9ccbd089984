// SPDX-License-Identifier: MIT
// Attaching: once for each user and connection. Sessions walk from there.
#include "internal.h"

static bool root_find(struct import_state *state, uint32_t uid, uint32_t *fid)
{
    fe_lock_take(&state->lock);
    struct root *root = state->roots;
    while (root && (root->uid != uid || root->generation != state->generation)) root = root->next;
    if (root) *fid = root->fid;
    fe_lock_release(&state->lock);
    return root != nullptr;
}

// Roots of connections that were lost are of no use any more; one is taken over.
static int root_add(struct import_state *state, uint32_t uid, uint32_t fid, uint32_t generation)
{
    fe_lock_take(&state->lock);
    struct root *root = state->roots;
    while (root && root->generation == state->generation) root = root->next;
    if (root == nullptr) {
        root = malloc(sizeof *root);
        if (root) root->next = state->roots;
        if (root) state->roots = root;
    }
    if (root) {
        root->uid = uid;
        root->fid = fid;
        root->generation = generation;
    }
    fe_lock_release(&state->lock);
    return root ? 0 : -ENOMEM;
}

int remote_attach(struct worker *worker, uint32_t uid, uint32_t *fid)
{
    struct import *import = worker->import;
    struct import_state *state = import->state;
    int result = remote_ready(worker);
    if (result != 0) return result;
    if (root_find(state, uid, fid)) return 0;
    uint32_t generation = state->generation, proof = WIRE_NO_FID;
    result = import->key ? remote_prove(worker, uid, &proof) : 0;
    if (result != 0) return result;
    *fid = remote_fid_take(state);
    struct wire_message reply, request = {
                                   .type = WIRE_ATTACH,
                                   .number = {*fid, proof, uid},
                                   .text = {wire_text_of(import->user), wire_text_of(import->tree)},
                               };
    result = remote_call(worker, &request, &reply);
    if (proof != WIRE_NO_FID) remote_clunk(worker, proof);
    if (result == 0) result = root_add(state, uid, *fid, generation);
    if (result != 0) remote_fid_give(state, *fid);
    return result;
}
