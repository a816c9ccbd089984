// SPDX-License-Identifier: MIT
// Keys, and proofs of having one.
#include <9key/key.h>
#include <9p/client.h>
#include <abi/errno.h>
#include <crypto/ed25519.h>
#include <ferrite/libc.h>

// RFC 2104: the hash over the key's outer pad and the hash over its inner pad and the text.
struct hmac {
    struct sha512 hash;
    uint8_t outer[SHA512_BLOCK];
};

static void hmac_init(struct hmac *hmac, const uint8_t *key, size_t size)
{
    uint8_t inner[SHA512_BLOCK];
    for (size_t i = 0; i < SHA512_BLOCK; i++) {
        uint8_t byte = i < size ? key[i] : 0;
        inner[i] = byte ^ 0x36;
        hmac->outer[i] = byte ^ 0x5c;
    }
    sha512_init(&hmac->hash);
    sha512_update(&hmac->hash, inner, sizeof inner);
}

static void hmac_final(struct hmac *hmac, uint8_t digest[SHA512_SIZE])
{
    sha512_final(&hmac->hash, digest);
    sha512_init(&hmac->hash);
    sha512_update(&hmac->hash, hmac->outer, sizeof hmac->outer);
    sha512_update(&hmac->hash, digest, SHA512_SIZE);
    sha512_final(&hmac->hash, digest);
}

// Numbers and sizes are written little-endian.
static void add_number(struct hmac *hmac, uint32_t number)
{
    uint8_t bytes[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                        (uint8_t)(number >> 24)};
    sha512_update(&hmac->hash, bytes, sizeof bytes);
}

// With its size before it, so that no two pairs of texts look the same.
static void add_text(struct hmac *hmac, struct wire_text text)
{
    add_number(hmac, text.size);
    sha512_update(&hmac->hash, text.text, text.size);
}

void key_proof(const struct key_talk *talk, bool by_client, uint8_t proof[KEY_PROOF])
{
    struct hmac hmac;
    uint8_t digest[SHA512_SIZE];
    hmac_init(&hmac, talk->key, KEY_SIZE);
    add_text(&hmac, wire_text_of(by_client ? "client" : "server"));
    sha512_update(&hmac.hash, talk->client, KEY_NONCE);
    sha512_update(&hmac.hash, talk->server, KEY_NONCE);
    add_text(&hmac, talk->user);
    add_text(&hmac, talk->tree);
    add_number(&hmac, talk->uid);
    hmac_final(&hmac, digest);
    memcpy(proof, digest, KEY_PROOF);
}

bool key_is_same(const uint8_t *one, const uint8_t *other, size_t size)
{
    uint8_t different = 0;
    for (size_t i = 0; i < size; i++) different |= one[i] ^ other[i];
    return different == 0;
}

static int digit(char character)
{
    if (character >= '0' && character <= '9') return character - '0';
    if (character >= 'a' && character <= 'f') return character - 'a' + 10;
    if (character >= 'A' && character <= 'F') return character - 'A' + 10;
    return -1;
}

bool key_parse(const char *text, size_t size, uint8_t key[KEY_SIZE])
{
    if (size != 0 && text[size - 1] == '\n') size--;
    if (size != 2 * KEY_SIZE) return false;
    for (size_t i = 0; i < KEY_SIZE; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

int key_load(const char *path, uint8_t key[KEY_SIZE])
{
    char text[2 * KEY_SIZE + 2];
    struct p9_file *file;
    struct fe_9p_attributes attributes;
    int result = p9_open(path, OPEN_READ, 0, &file);
    if (result != 0) return result;
    result = p9_file_stat(file, &attributes);
    if (result == 0 && (attributes.mode & 077) != 0) result = -EPERM;
    int64_t size = result == 0 ? p9_read(file, 0, text, sizeof text) : result;
    p9_close(file);
    if (size < 0) return (int)size;
    return key_parse(text, (size_t)size, key) ? 0 : -EINVAL;
}

const char *key_complaint(int result)
{
    switch (result) {
    case -EPERM: return "others may read it";
    case -EINVAL: return "no key: 64 hexadecimal digits";
    case -ENOENT: return "no such file";
    default: return "cannot be read";
    }
}
