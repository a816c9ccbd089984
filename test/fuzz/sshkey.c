// SPDX-License-Identifier: MIT
// uses: sshkey mbedtls libsodium
// Feeds the readers of SSH's keys, signatures, files of keys, requests and key exchanges with
// anything. An input
// is what is read (1 byte), the sizes of two parts (2 bytes each), the parts, and the rest. A
// signature that holds does not for another message, a key that a file lists stands in it in base
// 64, and a request is no shorter than what was found in it.
#include <sshkey/sshkey.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : uint8_t { VERIFY, LISTED, REQUEST, EXCHANGE, WHAT_COUNT };
enum : size_t { HEAD = 5 };

// In memory of its own size, so that reading past the end is seen.
static struct sshkey_bytes part(const uint8_t **at, const uint8_t *end, size_t size)
{
    size_t left = (size_t)(end - *at), taken = size < left ? size : left;
    uint8_t *data = malloc(taken ? taken : 1);
    memcpy(data, *at, taken);
    *at += taken;
    return (struct sshkey_bytes){data, taken};
}

static void check_verify(struct sshkey_bytes key, struct sshkey_bytes signature,
                         struct sshkey_bytes message)
{
    uint8_t *longer = malloc(message.size + 1);
    memcpy(longer, message.data, message.size);
    longer[message.size] = 'x';
    if (sshkey_verify(key, signature, message) &&
        sshkey_verify(key, signature, (struct sshkey_bytes){longer, message.size + 1}))
        abort();
    free(longer);
}

static char *encode(struct sshkey_bytes bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = calloc(1, (bytes.size + 2) / 3 * 4 + 1), *to = text;
    for (size_t at = 0; at < bytes.size; at += 3) {
        size_t count = bytes.size - at < 3 ? bytes.size - at : 3;
        uint32_t bits = 0;
        for (size_t i = 0; i < 3; i++) bits = bits << 8 | (i < count ? bytes.data[at + i] : 0);
        for (size_t i = 0; i <= count; i++) *to++ = letters[bits >> (18 - 6 * i) & 63];
    }
    return text;
}

static void check_listed(struct sshkey_bytes key, struct sshkey_bytes text)
{
    if (!sshkey_is_listed((const char *)text.data, text.size, key)) return;
    char *code = encode(key);
    size_t size = strlen(code), at = 0;
    while (at + size <= text.size && memcmp(text.data + at, code, size) != 0) at++;
    if (at + size > text.size) abort();
    free(code);
}

static void check_request(struct sshkey_bytes message)
{
    struct sshkey_request request;
    if (!sshkey_request_read(message, &request)) return;
    size_t found =
        request.session.size + request.user.size + request.algorithm.size + request.key.size;
    if (found > message.size) abort();
}

// What was found lies in the message, in its order, and there is a hash of it.
static void check_exchange(struct sshkey_bytes message)
{
    struct sshkey_exchange exchange;
    uint8_t hash[SSHKEY_HASH_MOST];
    if (!sshkey_exchange_read(message, &exchange)) return;
    const struct sshkey_bytes parts[] = {exchange.versions, exchange.key, exchange.client_share,
                                         exchange.server_share, exchange.secret};
    const uint8_t *at = message.data;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].size == 0) continue; // the key: whose it is, is asked elsewhere
        if (parts[i].data < at) abort();
        at = parts[i].data + parts[i].size;
    }
    if (at != message.data + message.size) abort();
    size_t size = sshkey_exchange_hash(&exchange, hash);
    if (size != 32 && size != 64) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < HEAD) return 0;
    const uint8_t *at = input + HEAD, *end = input + size;
    struct sshkey_bytes first = part(&at, end, input[1] | (size_t)input[2] << 8);
    struct sshkey_bytes second = part(&at, end, input[3] | (size_t)input[4] << 8);
    struct sshkey_bytes rest = part(&at, end, size);
    switch (input[0] % WHAT_COUNT) {
    case VERIFY: check_verify(first, second, rest); break;
    case LISTED: check_listed(first, second); break;
    case REQUEST: check_request(rest); break;
    default: check_exchange(rest); break;
    }
    free((void *)first.data);
    free((void *)second.data);
    free((void *)rest.data);
    return 0;
}
