// SPDX-License-Identifier: MIT
// The host's key: a seed of Ed25519 in a file that only user 0 can read, made when it is first
// asked for and there is none. It leaves this process in no form.
#include "logins.h"

#include <crypto/ed25519.h>
#include <errno.h>
#include <ferrite/entropy.h>
#include <ferrite/lock.h>
#include <ferrite/log.h>
#include <string.h>

static struct fe_lock lock; // while the key is read or made
static bool is_there;
static uint8_t seed[ED25519_SEED_SIZE], public_key[SSHKEY_ED25519_KEY];

// -ENOENT: there is none, or what was to become one when the machine lost its power.
static int read_seed(const char *path)
{
    struct p9_file *file;
    uint8_t bytes[ED25519_SEED_SIZE + 1];
    int result = p9_open(path, OPEN_READ, 0, &file);
    if (result != 0) return result;
    int64_t size = p9_read(file, 0, bytes, sizeof bytes);
    p9_close(file);
    if (size == ED25519_SEED_SIZE) memcpy(seed, bytes, sizeof seed);
    explicit_bzero(bytes, sizeof bytes);
    if (size < 0) return (int)size;
    if (size > (int64_t)ED25519_SEED_SIZE) return -EINVAL;
    return size == ED25519_SEED_SIZE ? 0 : -ENOENT;
}

static int write_seed(const char *path)
{
    struct p9_file *file;
    uint32_t flags = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;
    int result = p9_open(path, flags, 0600, &file);
    if (result != 0) return result;
    int64_t size = p9_write(file, 0, seed, sizeof seed);
    result = p9_sync(file);
    p9_close(file);
    if (size < 0) return (int)size;
    return size == sizeof seed ? result : -ENOSPC;
}

static int make(const char *path)
{
    if (!fe_entropy(seed, sizeof seed)) return -EAGAIN;
    int result = write_seed(path);
    if (result != 0) fe_log("%s: a new key, for as long as this runs (%d)", path, result);
    return 0;
}

static int prepare_locked(void)
{
    uint8_t point[ED25519_KEY_SIZE];
    if (is_there) return 0;
    int result = read_seed(host_key_path);
    if (result == -ENOENT) result = make(host_key_path);
    if (result != 0) {
        fe_log("%s: no key (%d)", host_key_path, result);
        return result;
    }
    ed25519_key(point, seed);
    sshkey_write_key(public_key, point);
    is_there = true;
    return 0;
}

static int prepare(void)
{
    fe_lock_take(&lock);
    int result = prepare_locked();
    fe_lock_release(&lock);
    return result;
}

int host_key_give(struct work *work)
{
    int result = prepare();
    if (result != 0) return result;
    memcpy(work->text, public_key, sizeof public_key);
    work->text_size = sizeof public_key;
    return 0;
}

int host_key_sign(struct work *work, struct sshkey_bytes data)
{
    struct sshkey_exchange exchange;
    struct conversation *conversation = work->conversation;
    struct sshkey_bytes key = {public_key, sizeof public_key};
    uint8_t hash[SSHKEY_HASH_MOST], signature[ED25519_SIGNATURE_SIZE];
    int result = prepare();
    if (result != 0) return result;
    bool was_spent = conversation->permit.is_spent;
    result = permit_ask(&conversation->permit, conversation->is_proved, key, data, &exchange);
    if (result != 0 && !was_spent) fe_log("the host's key did not sign (%d)", result);
    size_t size = result == 0 ? sshkey_exchange_hash(&exchange, hash) : 0;
    explicit_bzero((void *)data.data, data.size); // the connection's secret is in it
    if (result != 0) return result;
    if (size == 0) return -ENOMEM;
    ed25519_sign(signature, hash, size, seed);
    sshkey_write_signature(work->text, signature);
    work->text_size = SSHKEY_ED25519_SIGNATURE;
    return 0;
}
