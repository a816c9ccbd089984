// SPDX-License-Identifier: MIT
// Keys and signatures of Ed25519 as SSH writes them (RFC 8709, sections 4 and 6).
#include <sshkey/sshkey.h>

#include <string.h>

static const char algorithm[] = "ssh-ed25519";
enum : size_t { ALGORITHM_SIZE = sizeof algorithm - 1 };
static_assert(SSHKEY_ED25519_KEY == 8 + ALGORITHM_SIZE + 32);
static_assert(SSHKEY_ED25519_SIGNATURE == 8 + ALGORITHM_SIZE + 64);

// A string shorter than 256 bytes. What is behind it.
static uint8_t *write_string(uint8_t *to, const void *data, size_t size)
{
    const uint8_t head[4] = {[3] = (uint8_t)size};
    memcpy(to, head, sizeof head);
    memcpy(to + sizeof head, data, size);
    return to + sizeof head + size;
}

void sshkey_write_key(uint8_t to[SSHKEY_ED25519_KEY], const uint8_t key[32])
{
    write_string(write_string(to, algorithm, ALGORITHM_SIZE), key, 32);
}

void sshkey_write_signature(uint8_t to[SSHKEY_ED25519_SIGNATURE], const uint8_t signature[64])
{
    write_string(write_string(to, algorithm, ALGORITHM_SIZE), signature, 64);
}
