// SPDX-License-Identifier: MIT
// uses: libsodium
// Feeds the server's side of a proof with what clients ask. An input is records: a request (1 byte,
// enum what), two fids of eight with a uid in the second one's upper bits (1 byte each), bytes (1),
// and those. Nobody attaches but by a proof that was made in its order, for this user and tree, and
// whoever made one does; a proof's fid leads nowhere.
#include "lib/9key/key.c"
#include "lib/9wire/attribute.c"
#include "lib/9wire/wire.c"
#include "lib/ferrite/lock.c"

#include "test/no_files.h"
#include "test/refused.h"

#include <stdlib.h>
#include <user/syscalls.c>

#include "program/exportfs/auth.c"
#include "program/exportfs/fid.c"
#include "program/exportfs/path.c"
#include "program/exportfs/serve.c"
#include "program/exportfs/serve_file.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// PROVE writes the right proof, with the bytes laid over it by exclusive or; ANY is a request of
// the type that the first byte says.
enum what : uint8_t { AUTH, ATTACH, READ, WRITE, PROVE, CLUNK, ANY, WHATS };
enum : uint32_t { FIDS = 8, UID_SHIFT = 3 };
enum : size_t { HEAD = 4, MOST = 4096 };

struct request {
    enum what what;
    uint32_t fid, other, uid;
    uint8_t *bytes; // of their own size, so that reading past the end is seen
    size_t size;
};

static struct {
    enum { NOTHING, PROOF, ATTACHED } kind;
    enum stage stage;
    struct key_talk talk;
    uint8_t *texts;
} known[FIDS];

static const uint8_t key[KEY_SIZE] = "the key that both of them have";
struct export export = {.key = key, .may_write = true};
uint32_t message_size = MOST;
bool has_own_requests = true;
fe_handle tree;
static uint8_t entropy;

static void must(bool condition)
{
    if (!condition) abort();
}

// --- What the server stands on ---

uint32_t fe_thread_number(void)
{
    return 1;
}

bool fe_entropy(void *data, size_t size)
{
    memset(data, ++entropy, size);
    return true;
}

enum status fe_namespace_find(fe_handle in, const char *path, uint32_t flags, uint64_t *mount,
                              size_t *length)
{
    return ERR_NOT_FOUND;
}

int p9_stat(const char *path, uint32_t flags, struct fe_9p_attributes *attributes)
{
    memset(attributes, 0, sizeof *attributes);
    return 0;
}

int64_t p9_write(struct p9_file *file, uint64_t offset, const void *from, size_t count)
{
    return -EIO;
}

int64_t p9_readdir(struct p9_file *file, uint64_t position, void *to, size_t count)
{
    return -EIO;
}

int p9_sync(struct p9_file *file)
{
    return -EIO;
}

int p9_lock(struct p9_file *file, struct p9_lock_range *range, uint32_t flags)
{
    return -EIO;
}

void polls_end(const struct fid *fid) {}

// Served elsewhere: never of a proof.
#define ELSEWHERE(name)                                                                            \
    int export_##name(struct worker *worker, struct fid *fid)                                      \
    {                                                                                              \
        must(fid->proof == nullptr);                                                               \
        return -EIO;                                                                               \
    }
ELSEWHERE(statfs)
ELSEWHERE(symlink)
ELSEWHERE(mknod)
ELSEWHERE(rename)
ELSEWHERE(readlink)
ELSEWHERE(getattr)
ELSEWHERE(setattr)
ELSEWHERE(link)
ELSEWHERE(mkdir)
ELSEWHERE(rename_at)
ELSEWHERE(unlink_at)
ELSEWHERE(remove)
ELSEWHERE(poll)
ELSEWHERE(control)

// --- The client, which knows what it may expect ---

static struct worker worker;

// The texts of a request are its bytes up to a blank, and those behind it.
static struct wire_text user_of(const uint8_t *bytes, size_t size)
{
    const uint8_t *blank = size ? memchr(bytes, ' ', size) : nullptr;
    return (struct wire_text){(const char *)bytes, (uint32_t)(blank ? blank - bytes : size)};
}

static struct wire_text tree_of(const uint8_t *bytes, size_t size)
{
    size_t before = user_of(bytes, size).size;
    if (before < size) before++;
    return (struct wire_text){(const char *)bytes + before, (uint32_t)(size - before)};
}

static bool is_equal(struct wire_text one, struct wire_text other)
{
    return one.size == other.size && (one.size == 0 || memcmp(one.text, other.text, one.size) == 0);
}

static int ask(uint8_t type, const struct request *request)
{
    worker.request = (struct wire_message){
        .type = type,
        .number = {request->fid},
        .text = {user_of(request->bytes, request->size), tree_of(request->bytes, request->size)},
        .data = request->bytes,
        .size = (uint32_t)request->size,
    };
    worker.reply = (struct wire_message){};
    if (type == WIRE_AUTH) worker.request.number[1] = request->uid;
    if (type == WIRE_ATTACH) worker.request.number[1] = request->other;
    if (type == WIRE_ATTACH) worker.request.number[2] = request->uid;
    if (type == WIRE_READ) worker.request.number[2] = request->size;
    return serve(&worker);
}

static void auth(const struct request *request)
{
    int result = ask(WIRE_AUTH, request);
    must(result == (known[request->fid].kind == NOTHING ? 0 : -EEXIST));
    if (result != 0) return;
    uint8_t *texts = malloc(request->size ? request->size : 1);
    memcpy(texts, request->bytes, request->size);
    known[request->fid].kind = PROOF;
    known[request->fid].stage = WANTS_NONCE;
    known[request->fid].texts = texts;
    known[request->fid].talk = (struct key_talk){.key = key,
                                                 .user = user_of(texts, request->size),
                                                 .tree = tree_of(texts, request->size),
                                                 .uid = request->uid};
}

static bool has_proof(const struct request *request)
{
    const struct key_talk *talk = &known[request->other].talk;
    return known[request->other].kind == PROOF && known[request->other].stage == IS_GOOD &&
           talk->uid == request->uid &&
           is_equal(talk->user, user_of(request->bytes, request->size)) &&
           is_equal(talk->tree, tree_of(request->bytes, request->size));
}

static void attach(const struct request *request)
{
    struct wire_text which = tree_of(request->bytes, request->size);
    int result = ask(WIRE_ATTACH, request), wanted = 0;
    if (known[request->fid].kind != NOTHING) wanted = -EEXIST;
    if (which.size != 0 && !wire_text_is(which, "/")) wanted = -ENOENT; // there is one tree
    must(result == (has_proof(request) ? wanted : -EACCES));
    if (result == 0) known[request->fid].kind = ATTACHED;
}

// The server shows its proof once, to who has said a nonce.
static void read_proof(const struct request *request)
{
    uint8_t proof[KEY_PROOF];
    struct key_talk *talk = &known[request->fid].talk;
    bool is_right = known[request->fid].stage == ANSWERS && request->size >= KEY_ANSWER;
    int result = ask(WIRE_READ, request);
    must(result == (is_right ? 0 : -EPROTO));
    if (result != 0) return;
    must(worker.reply.size == KEY_ANSWER);
    memcpy(talk->server, worker.reply.data, KEY_NONCE);
    key_proof(talk, false, proof);
    must(memcmp(worker.reply.data + KEY_NONCE, proof, KEY_PROOF) == 0);
    known[request->fid].stage = WANTS_PROOF;
}

static void write_proof(const struct request *request)
{
    uint8_t proof[KEY_PROOF];
    struct key_talk *talk = &known[request->fid].talk;
    enum stage stage = known[request->fid].stage, next = IS_BAD;
    key_proof(talk, true, proof);
    if (stage == WANTS_NONCE && request->size == KEY_NONCE) next = ANSWERS;
    if (stage == WANTS_PROOF && request->size == KEY_PROOF &&
        memcmp(request->bytes, proof, KEY_PROOF) == 0)
        next = IS_GOOD;
    int result = ask(WIRE_WRITE, request);
    must(result == (next == IS_BAD ? -EACCES : 0));
    if (result == 0) must(worker.reply.number[0] == request->size);
    if (next == ANSWERS) memcpy(talk->client, request->bytes, KEY_NONCE);
    known[request->fid].stage = next;
}

static void prove(struct request *request)
{
    uint8_t proof[KEY_PROOF];
    if (known[request->fid].kind != PROOF) return;
    key_proof(&known[request->fid].talk, true, proof);
    for (size_t i = 0; i < request->size && i < KEY_PROOF; i++) proof[i] ^= request->bytes[i];
    free(request->bytes);
    request->bytes = malloc(KEY_PROOF);
    request->size = KEY_PROOF;
    memcpy(request->bytes, proof, KEY_PROOF);
    write_proof(request);
}

static void forget(uint32_t fid)
{
    free(known[fid].texts);
    memset(&known[fid], 0, sizeof known[fid]);
}

// Whatever else is asked of a proof, or of nothing, is refused.
static void any(const struct request *request)
{
    uint8_t type = request->size ? request->bytes[0] : 0;
    bool is_asked_above = type == WIRE_AUTH || type == WIRE_ATTACH || type == WIRE_READ ||
                          type == WIRE_WRITE || type == WIRE_CLUNK;
    if (is_asked_above || known[request->fid].kind == ATTACHED) return;
    int result = ask(type, request);
    int refusal = known[request->fid].kind == NOTHING ? -EBADF : -EINVAL;
    must(result == refusal || result == -EOPNOTSUPP);
}

static void clunk(const struct request *request)
{
    int result = ask(WIRE_CLUNK, request);
    must(result == (known[request->fid].kind == NOTHING ? -EBADF : 0));
    forget(request->fid);
}

static void transfer(const struct request *request)
{
    uint8_t type = request->what == READ ? WIRE_READ : WIRE_WRITE;
    if (known[request->fid].kind != PROOF) {
        must(ask(type, request) == -EBADF); // nothing is open
    } else if (request->what == READ) {
        read_proof(request);
    } else {
        write_proof(request);
    }
}

static void request_do(struct request *request)
{
    switch (request->what) {
    case AUTH: auth(request); break;
    case ATTACH: attach(request); break;
    case PROVE: prove(request); break;
    case CLUNK: clunk(request); break;
    case READ:
    case WRITE: transfer(request); break;
    default: any(request); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static uint8_t answer[MOST];
    worker.answer = answer;
    for (size_t at = 0; size - at >= HEAD;) {
        const uint8_t *head = input + at;
        size_t left = size - at - HEAD, count = head[3] < left ? head[3] : left;
        struct request request = {.what = head[0] % WHATS,
                                  .fid = head[1] % FIDS,
                                  .other = head[2] % FIDS,
                                  .uid = head[2] >> UID_SHIFT,
                                  .bytes = malloc(count ? count : 1),
                                  .size = count};
        memcpy(request.bytes, head + HEAD, count);
        request_do(&request);
        free(request.bytes);
        at += HEAD + count;
    }
    fids_clear();
    for (uint32_t i = 0; i < FIDS; i++) forget(i);
    return 0;
}
