// SPDX-License-Identifier: MIT
// Tries to get signatures of the host's key that no connection needs, as a process could that
// speaks SSH and was taken over: see test/scenario/ssh_secret.py. Prints what it got, and what is
// refused otherwise than it should be, and ends with 1 if that is anything.
#include "lib/sshkey/exchange_example.h"

#include <9p/client.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int wrong;
static uint8_t key[SSHKEY_ED25519_KEY], signature[SSHKEY_ED25519_SIGNATURE];
static uint8_t bytes[FE_9P_DATA_MAX];

static void expect(const char *what, int result, int wanted)
{
    if (result == wanted) return;
    printf("%s: %s, not %s\n", what, strerror(-result), strerror(-wanted));
    wrong++;
}

static struct p9_file *conversation(void)
{
    struct p9_file *file;
    int result = p9_open("/srv/logins", OPEN_READ_WRITE, 0, &file);
    if (result == 0) return file;
    printf("/srv/logins: %s\n", strerror(-result));
    exit(2);
}

static int sign(struct p9_file *file, size_t size)
{
    struct p9_control ask = {.request = CONTROL_LOGIN_HOST_SIGN,
                             .data = bytes,
                             .size = size,
                             .reply = signature,
                             .reply_capacity = sizeof signature};
    return p9_control(file, &ask);
}

// An exchange that names this key, or another.
static size_t exchange(bool is_own)
{
    const struct example good = {.client = 32,
                                 .server = 32,
                                 .secret = 32,
                                 .key = "................"
                                        "..................................."};
    size_t size = example_write(bytes, &good), at = size - 3 * 36 - sizeof key;
    memcpy(bytes + at, key, sizeof key);
    if (!is_own) bytes[at + sizeof key - 1] ^= 1;
    return size;
}

static bool is_signed(size_t size)
{
    uint8_t hash[SSHKEY_HASH_MOST];
    struct sshkey_exchange read;
    if (!sshkey_exchange_read((struct sshkey_bytes){bytes, size}, &read)) return false;
    struct sshkey_bytes over = {hash, sshkey_exchange_hash(&read, hash)};
    return sshkey_verify((struct sshkey_bytes){key, sizeof key},
                         (struct sshkey_bytes){signature, sizeof signature}, over);
}

static void try_own(void)
{
    struct p9_file *file = conversation();
    struct p9_control ask = {
        .request = CONTROL_LOGIN_HOST_KEY, .reply = key, .reply_capacity = sizeof key};
    expect("the public key", p9_control(file, &ask), 0);
    size_t size = exchange(true);
    expect("an exchange", sign(file, size), 0);
    expect("its signature", is_signed(size) ? 0 : -EBADMSG, 0);
    expect("a second one", sign(file, size), -EPERM);
    expect("a third one", sign(file, size), -EPERM);
    ask = (struct p9_control){.request = CONTROL_LOGIN_HOST_SIGN + 1};
    expect("an unknown request", p9_control(file, &ask), -ENOTTY);
    p9_close(file);
}

// After what is no exchange of this host's not even one that is gets signed.
static void try_other(const char *what, size_t size)
{
    struct p9_file *file = conversation();
    expect(what, sign(file, size), -EINVAL);
    expect("an exchange after it", sign(file, exchange(true)), -EPERM);
    p9_close(file);
}

int main(void)
{
    static const char request[] = "\0\0\0\2id\x32\0\0\0\4user\0\0\0\x0essh-connection"
                                  "\0\0\0\x09publickey\1\0\0\0\1a\0\0\0\3key";
    try_own();
    try_other("another host's key", exchange(false));
    try_other("an exchange that is cut", exchange(true) - 1);
    try_other("one that goes on", exchange(true) + 1);
    try_other("nothing", 0);
    memset(bytes, 'h', 64);
    try_other("a hash of 32 bytes", 32);
    try_other("a hash of 64 bytes", 64);
    memcpy(bytes, request, sizeof request - 1);
    try_other("a request to log in", sizeof request - 1);
    memset(bytes, 0, sizeof bytes);
    try_other("zeros", sizeof bytes);
    memset(bytes, 0xff, sizeof bytes);
    try_other("sizes that are too large", sizeof bytes);
    return wrong != 0;
}
