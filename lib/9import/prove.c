// SPDX-License-Identifier: MIT
// Proving that one has the key, and seeing that the server has it, on the file that an auth request
// opens; see <9key/key.h>.
#include "internal.h"

#include <9key/key.h>
#include <ferrite/entropy.h>

static int say(struct worker *worker, uint32_t fid, const uint8_t *bytes, uint32_t size)
{
    struct wire_message reply, request = {
                                   .type = WIRE_WRITE,
                                   .number = {fid},
                                   .data = bytes,
                                   .size = size,
                               };
    int result = remote_call(worker, &request, &reply);
    return result == 0 && reply.number[0] != size ? -EPROTO : result;
}

static int converse(struct worker *worker, uint32_t fid, struct key_talk *talk)
{
    uint8_t proof[KEY_PROOF];
    if (!fe_entropy(talk->client, sizeof talk->client)) return -EAGAIN;
    int result = say(worker, fid, talk->client, KEY_NONCE);
    if (result != 0) return result;
    struct wire_message reply, request = {.type = WIRE_READ, .number = {fid, 0, KEY_ANSWER}};
    result = remote_call(worker, &request, &reply);
    if (result != 0) return result;
    if (reply.size != KEY_ANSWER) return -EPROTO;
    memcpy(talk->server, reply.data, KEY_NONCE);
    key_proof(talk, false, proof);
    if (!key_is_same(proof, reply.data + KEY_NONCE, KEY_PROOF)) return -EACCES;
    key_proof(talk, true, proof);
    return say(worker, fid, proof, KEY_PROOF);
}

// A server that wants no proof gives none either: it is not the one that we look for.
int remote_prove(struct worker *worker, uint32_t uid, uint32_t *proof)
{
    struct import *import = worker->import;
    struct key_talk talk = {
        .key = import->key,
        .user = wire_text_of(import->user),
        .tree = wire_text_of(import->tree),
        .uid = uid,
    };
    *proof = remote_fid_take(import->state);
    struct wire_message reply, request = {
                                   .type = WIRE_AUTH,
                                   .number = {*proof, uid},
                                   .text = {talk.user, talk.tree},
                               };
    int result = remote_call(worker, &request, &reply);
    if (result != 0) {
        remote_fid_give(import->state, *proof);
        return result == -EIO ? result : -EACCES;
    }
    result = converse(worker, *proof, &talk);
    if (result != 0) remote_clunk(worker, *proof);
    return result;
}
