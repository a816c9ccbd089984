// SPDX-License-Identifier: MIT
// The host's key: a seed of Ed25519 in a file that only user 0 can read.
#include "sshd.h"

#include <crypto/ed25519.h>
#include <errno.h>
#include <ferrite/entropy.h>
#include <stdio.h>
#include <string.h>

static int read_seed(const char *path, uint8_t seed[ED25519_SEED_SIZE])
{
    struct p9_file *file;
    int result = p9_open(path, OPEN_READ, 0, &file);
    if (result != 0) return result;
    int64_t size = p9_read(file, 0, seed, ED25519_SEED_SIZE);
    p9_close(file);
    return size == ED25519_SEED_SIZE ? 0 : -1;
}

static int write_seed(const char *path, const uint8_t seed[ED25519_SEED_SIZE])
{
    struct p9_file *file;
    uint32_t flags = OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE;
    int result = p9_open(path, flags, 0600, &file);
    if (result != 0) return result;
    int64_t size = p9_write(file, 0, seed, ED25519_SEED_SIZE);
    result = p9_sync(file);
    p9_close(file);
    return size == ED25519_SEED_SIZE ? result : -1;
}

int host_key(const char *path, char text[HOST_KEY_TEXT])
{
    uint8_t bytes[ED25519_SEED_SIZE + ED25519_KEY_SIZE];
    int result = 0;
    if (read_seed(path, bytes) != 0) {
        if (!fe_entropy(bytes, ED25519_SEED_SIZE)) return -EAGAIN;
        result = write_seed(path, bytes);
    }
    ed25519_key(bytes + ED25519_SEED_SIZE, bytes);
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    explicit_bzero(bytes, sizeof bytes);
    return result;
}
