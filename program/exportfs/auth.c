// SPDX-License-Identifier: MIT
// Proofs of who has the key: what the file of an auth request is, from the server's side; see
// <9key/key.h>. It takes the client's nonce, gives ours and our proof, and takes the client's.
#include "exportfs.h"

#include <ferrite/entropy.h>
#include <stdlib.h>
#include <string.h>

enum stage { WANTS_NONCE, ANSWERS, WANTS_PROOF, IS_GOOD, IS_BAD };

struct proof {
    struct fe_lock lock;
    enum stage stage;
    struct key_talk talk;
    char texts[]; // the talk's
};

static struct proof *proof_create(const struct wire_message *request)
{
    struct wire_text user = request->text[0], which = request->text[1];
    struct proof *proof = calloc(1, sizeof *proof + user.size + which.size);
    if (proof == nullptr) return nullptr;
    memcpy(proof->texts, user.text, user.size);
    memcpy(proof->texts + user.size, which.text, which.size);
    proof->talk = (struct key_talk){
        .key = export.key,
        .user = {proof->texts, user.size},
        .tree = {proof->texts + user.size, which.size},
        .uid = (uint32_t)request->number[1],
    };
    return proof;
}

int export_auth(struct worker *worker)
{
    enum : uint64_t { QID_AUTH = 0x08 };
    if (export.key == nullptr) return -ENOENT; // nothing is to be proved
    struct fid *fid;
    struct proof *proof = proof_create(&worker->request);
    if (proof == nullptr) return -ENOMEM;
    int result = fid_create((uint32_t)worker->request.number[0], "/", proof, &fid);
    if (result != 0) return result;
    fid_put(fid);
    worker->reply.number[0] = QID_AUTH;
    return 0;
}

int64_t proof_read(struct proof *proof, void *to, size_t count)
{
    uint8_t *answer = to;
    fe_lock_take(&proof->lock);
    bool is_right = proof->stage == ANSWERS && count >= KEY_ANSWER;
    if (is_right) {
        memcpy(answer, proof->talk.server, KEY_NONCE);
        key_proof(&proof->talk, false, answer + KEY_NONCE);
        proof->stage = WANTS_PROOF;
    }
    fe_lock_release(&proof->lock);
    return is_right ? (int64_t)KEY_ANSWER : -EPROTO;
}

static enum stage next_stage(struct proof *proof, const void *from, size_t count)
{
    uint8_t wanted[KEY_PROOF];
    if (proof->stage == WANTS_NONCE && count == KEY_NONCE) {
        memcpy(proof->talk.client, from, KEY_NONCE);
        return fe_entropy(proof->talk.server, KEY_NONCE) ? ANSWERS : IS_BAD;
    }
    if (proof->stage != WANTS_PROOF || count != KEY_PROOF) return IS_BAD;
    key_proof(&proof->talk, true, wanted);
    return key_is_same(wanted, from, KEY_PROOF) ? IS_GOOD : IS_BAD;
}

// What is not as it should be decides for good: there is no second try on one file.
int64_t proof_write(struct proof *proof, const void *from, size_t count)
{
    fe_lock_take(&proof->lock);
    proof->stage = next_stage(proof, from, count);
    bool is_bad = proof->stage == IS_BAD;
    fe_lock_release(&proof->lock);
    return is_bad ? -EACCES : (int64_t)count;
}

static bool is_same(struct wire_text one, struct wire_text other)
{
    return one.size == other.size && memcmp(one.text, other.text, one.size) == 0;
}

bool proof_is_good(struct proof *proof, const struct wire_message *attach)
{
    fe_lock_take(&proof->lock);
    bool is_good = proof->stage == IS_GOOD;
    fe_lock_release(&proof->lock);
    return is_good && is_same(proof->talk.user, attach->text[0]) &&
           is_same(proof->talk.tree, attach->text[1]) && proof->talk.uid == attach->number[2];
}

void proof_free(struct proof *proof)
{
    free(proof);
}
