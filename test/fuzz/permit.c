// SPDX-License-Identifier: MIT
// uses: sshkey mbedtls libsodium
// Asks the service of logins to sign exchanges of keys, as one who was taken over by its peer. An
// input is records: what is asked (1 byte, enum manner), sizes of the shares and the secret (1 byte
// each), bytes (2), and those, which are written over the message, three for each place and byte.
// Before the proof one exchange is signed, after it those of the same connection; none of another
// key, and after a refusal none at all.
#include "service/logins/permit.c"

#include "lib/sshkey/exchange_example.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum manner : uint8_t {
    PROVED = 1, // the user, from then on
    OTHER_VERSIONS = 2,
    OTHER_KEY = 4,
    OTHER_INIT = 8,
    SHORT = 16, // by one byte
    RAW = 128,  // the message is the bytes alone
};
enum : size_t { HEAD = 6 };

static const struct sshkey_bytes host = {(const uint8_t *)"the host's key", 14};

struct asked { // so far, in one conversation
    bool is_proved, is_refused;
    uint32_t signed_before_proof;
    uint8_t *versions; // of the first that was signed
    size_t versions_size;
};

static void must(bool condition)
{
    if (!condition) abort();
}

static bool is_same(struct sshkey_bytes bytes, const void *other, size_t size)
{
    return bytes.size == size && memcmp(bytes.data, other, size) == 0;
}

static void answer_check(struct asked *asked, int result, const struct sshkey_exchange *exchange)
{
    must(result == 0 || result == -EPERM || (result == -EINVAL && !asked->is_refused));
    if (result != 0) asked->is_refused = true;
    if (result != 0) return;
    must(!asked->is_refused && is_same(exchange->key, host.data, host.size));
    if (!asked->is_proved) must(++asked->signed_before_proof == 1);
    if (asked->versions) must(is_same(exchange->versions, asked->versions, asked->versions_size));
    if (asked->versions) return;
    asked->versions = malloc(exchange->versions.size + 1);
    asked->versions_size = exchange->versions.size;
    memcpy(asked->versions, exchange->versions.data, exchange->versions.size);
}

static size_t message_make(uint8_t to[EXAMPLE_MOST], const uint8_t *head)
{
    const struct example example = {
        .client = head[1],
        .server = head[2],
        .secret = head[3],
        .client_version = head[0] & OTHER_VERSIONS ? "SSH-2.0-d" : nullptr,
        .key = head[0] & OTHER_KEY ? "the host's kex" : nullptr,
        .init_kind = head[0] & OTHER_INIT ? 21 : 0,
    };
    return example_write(to, &example) - (head[0] & SHORT ? 1 : 0);
}

static void ask(struct permit *permit, struct asked *asked, const uint8_t *head,
                struct sshkey_bytes bytes)
{
    static uint8_t made[EXAMPLE_MOST];
    struct sshkey_exchange exchange;
    size_t size = head[0] & RAW ? bytes.size : message_make(made, head);
    uint8_t *message = malloc(size); // of its own size, so that reading past the end is seen
    memcpy(message, head[0] & RAW ? bytes.data : made, size);
    for (size_t i = 0; i + 3 <= bytes.size && !(head[0] & RAW); i += 3) {
        size_t at = bytes.data[i] | (size_t)bytes.data[i + 1] << 8;
        if (at < size) message[at] = bytes.data[i + 2];
    }
    if (head[0] & PROVED) asked->is_proved = true;
    int result =
        permit_ask(permit, asked->is_proved, host, (struct sshkey_bytes){message, size}, &exchange);
    answer_check(asked, result, &exchange);
    free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    struct permit permit = {};
    struct asked asked = {};
    while (size >= HEAD) {
        const uint8_t *head = input;
        size_t count = head[4] | (size_t)head[5] << 8;
        input += HEAD;
        size -= HEAD;
        if (count > size) count = size;
        ask(&permit, &asked, head, (struct sshkey_bytes){input, count});
        input += count;
        size -= count;
    }
    free(asked.versions);
    return 0;
}
