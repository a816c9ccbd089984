// SPDX-License-Identifier: MIT
// Key exchanges: the methods differ in the sizes of what each side shows, by which they are known,
// and in their hash.
#include "reader.h"

#include <mbedtls/md.h>

enum : size_t { VERSION_MOST = 255, INIT_COOKIE = 16, INIT_LISTS = 10, INIT_RESERVED = 4 };

static const struct method {
    uint16_t client, server;           // bytes that each shows
    uint8_t secret_least, secret_most; // bytes
    mbedtls_md_type_t hash;
} methods[] = {
    {32, 32, 1, 33, MBEDTLS_MD_SHA256},      // curve25519: a number, with a zero perhaps
    {1190, 1071, 64, 64, MBEDTLS_MD_SHA512}, // sntrup761x25519
    {1216, 1120, 32, 32, MBEDTLS_MD_SHA256}, // mlkem768x25519
};

// Version 2.0; a client may say that it knows the older one, too (RFC 4253, section 5).
static bool is_version(struct sshkey_bytes version, const char *begin)
{
    size_t size = strlen(begin);
    if (version.size <= size || version.size > VERSION_MOST) return false;
    if (memcmp(version.data, begin, size) != 0) return false;
    for (size_t i = 0; i < version.size; i++)
        if (version.data[i] == '\0' || version.data[i] == '\r' || version.data[i] == '\n')
            return false;
    return true;
}

// A whole message of SSH_MSG_KEXINIT (RFC 4253, section 7.1).
static bool is_init(struct sshkey_bytes message)
{
    enum : uint8_t { KEXINIT = 20 };
    struct reader reader = reader_of(message);
    bool is_kind = read_byte(&reader) == KEXINIT;
    (void)read_bytes(&reader, INIT_COOKIE);
    for (size_t i = 0; i < INIT_LISTS; i++) (void)read_string(&reader);
    (void)read_byte(&reader);
    (void)read_bytes(&reader, INIT_RESERVED);
    return is_kind && reader_is_done(&reader);
}

static const struct method *method_of(const struct sshkey_exchange *exchange)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct method *at = &methods[i];
        if (exchange->client_share.size == at->client && exchange->server_share.size == at->server)
            return at;
    }
    return nullptr;
}

static bool is_sized(const struct sshkey_exchange *exchange)
{
    const struct method *method = method_of(exchange);
    return method && exchange->secret.size >= method->secret_least &&
           exchange->secret.size <= method->secret_most;
}

bool sshkey_exchange_read(struct sshkey_bytes message, struct sshkey_exchange *exchange)
{
    struct reader reader = reader_of(message);
    *exchange = (struct sshkey_exchange){.whole = message};
    struct sshkey_bytes client = read_string(&reader), server = read_string(&reader);
    exchange->versions = (struct sshkey_bytes){message.data, 8 + client.size + server.size};
    struct sshkey_bytes client_init = read_string(&reader), server_init = read_string(&reader);
    exchange->key = read_string(&reader);
    exchange->client_share = read_string(&reader);
    exchange->server_share = read_string(&reader);
    exchange->secret = read_string(&reader);
    if (!reader_is_done(&reader) || !is_sized(exchange)) return false;
    return (is_version(client, "SSH-2.0-") || is_version(client, "SSH-1.99-")) &&
           is_version(server, "SSH-2.0-") && is_init(client_init) && is_init(server_init);
}

size_t sshkey_exchange_hash(const struct sshkey_exchange *exchange, uint8_t hash[SSHKEY_HASH_MOST])
{
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(method_of(exchange)->hash);
    if (mbedtls_md(info, exchange->whole.data, exchange->whole.size, hash) != 0) return 0;
    return mbedtls_md_get_size(info);
}
