// SPDX-License-Identifier: MIT
// Exchanges for tests: a good one, or one that differs from it as it is told.
#pragma once

#include "reader.h"

#include <crypto/ed25519.h>

enum : size_t { EXAMPLE_MOST = 8192 };

struct example {
    uint16_t client, server, secret;                   // sizes
    const char *client_version, *server_version, *key; // nullptr: good ones
    uint8_t init_kind;                                 // 0: a good one
    int more_lists;
};

static inline uint8_t *example_string(uint8_t *to, const void *data, size_t size)
{
    const uint8_t head[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};
    memcpy(to, head, sizeof head);
    if (data) memcpy(to + 4, data, size);
    if (!data) memset(to + 4, 'x', size);
    return to + 4 + size;
}

static inline uint8_t *example_text(uint8_t *to, const char *text, const char *otherwise)
{
    return example_string(to, text ? text : otherwise, strlen(text ? text : otherwise));
}

static inline uint8_t *example_init(uint8_t *to, const struct example *example)
{
    uint8_t text[200] = {example->init_kind ? example->init_kind : 20}, *at = text + 17;
    for (int i = 0; i < 10 + example->more_lists; i++) at = example_string(at, "a,b", 3);
    memset(at, 0, 5);
    return example_string(to, text, (size_t)(at + 5 - text));
}

// Its size.
static inline size_t example_write(uint8_t to[EXAMPLE_MOST], const struct example *example)
{
    uint8_t *at = example_text(to, example->client_version, "SSH-2.0-c");
    at = example_text(at, example->server_version, "SSH-2.0-s");
    at = example_init(at, example);
    at = example_init(at, example);
    at = example_text(at, example->key, "the host's key");
    at = example_string(at, nullptr, example->client);
    at = example_string(at, nullptr, example->server);
    at = example_string(at, nullptr, example->secret);
    return (size_t)(at - to);
}
