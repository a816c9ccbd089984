// SPDX-License-Identifier: MIT
// What a key exchange hashes: read whole, or not.
#include "test/unit.h"

#include "exchange_example.h"

#include <stdlib.h>

static uint8_t bytes[EXAMPLE_MOST + 1];

static bool is_read(const struct example *example)
{
    struct sshkey_exchange exchange;
    size_t size = example_write(bytes, example);
    uint8_t *copy = malloc(size); // of its own size, so that reading past the end is seen
    memcpy(copy, bytes, size);
    bool is_good = sshkey_exchange_read((struct sshkey_bytes){copy, size}, &exchange);
    free(copy);
    return is_good;
}

TEST("an exchange of each method is read, and what stands in it is found")
{
    static const struct example methods[] = {{.client = 32, .server = 32, .secret = 32},
                                             {.client = 32, .server = 32, .secret = 33},
                                             {.client = 1190, .server = 1071, .secret = 64},
                                             {.client = 1216, .server = 1120, .secret = 32}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct sshkey_exchange exchange;
        struct sshkey_bytes whole = {bytes, example_write(bytes, &methods[i])};
        EXPECT(sshkey_exchange_read(whole, &exchange));
        EXPECT(bytes_are(exchange.key, "the host's key"));
        EXPECT(exchange.client_share.size == methods[i].client);
        EXPECT(exchange.server_share.size == methods[i].server);
        EXPECT(exchange.secret.size == methods[i].secret);
        EXPECT(exchange.versions.data == bytes && exchange.versions.size == 8 + 9 + 9);
    }
}

TEST("sizes that no method has, or of different ones, are refused")
{
    static const struct example bad[] = {{.client = 0, .server = 32, .secret = 32},
                                         {.client = 32, .server = 31, .secret = 32},
                                         {.client = 33, .server = 32, .secret = 32},
                                         {.client = 32, .server = 32, .secret = 0},
                                         {.client = 32, .server = 32, .secret = 34},
                                         {.client = 1190, .server = 1120, .secret = 64},
                                         {.client = 1190, .server = 1071, .secret = 32},
                                         {.client = 1216, .server = 1120, .secret = 64},
                                         {.client = 1216, .server = 32, .secret = 32},
                                         {.client = 256, .server = 256, .secret = 256}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) EXPECT(!is_read(&bad[i]));
}

TEST("versions that are none are refused, and a client may know the older one")
{
    static const char *const client[] = {"",           "SSH-2.0-",     "SSH-1.5-a", "ssh-2.0-a",
                                         "SSH-2.0-\n", "SSH-2.0-a\rb", "HTTP/1.0 x"};
    for (size_t i = 0; i < sizeof client / sizeof *client; i++) {
        struct example example = {.client = 32, .server = 32, .secret = 32};
        example.client_version = client[i];
        EXPECT(!is_read(&example));
        example.client_version = nullptr;
        example.server_version = client[i];
        EXPECT(!is_read(&example));
    }
    struct example older = {.client = 32, .server = 32, .secret = 32};
    older.client_version = "SSH-1.99-c";
    EXPECT(is_read(&older));
    older.server_version = "SSH-1.99-s";
    EXPECT(!is_read(&older));
    char longest[300] = "SSH-2.0-";
    memset(longest + 8, 'x', 247);
    older = (struct example){.client = 32, .server = 32, .secret = 32, .client_version = longest};
    EXPECT(is_read(&older));
    longest[255] = 'x';
    EXPECT(!is_read(&older));
}

TEST("a first message of another kind, or with lists too few or too many, is refused")
{
    struct example example = {.client = 32, .server = 32, .secret = 32, .init_kind = 21};
    EXPECT(!is_read(&example));
    for (int lists = -1; lists <= 1; lists += 2) {
        example = (struct example){.client = 32, .server = 32, .secret = 32, .more_lists = lists};
        EXPECT(!is_read(&example));
    }
}

TEST("one that ends early, or goes on, is none")
{
    struct sshkey_exchange exchange;
    const struct example good = {.client = 32, .server = 32, .secret = 32};
    size_t size = example_write(bytes, &good);
    for (size_t less = 0; less < size; less++) {
        struct sshkey_bytes part = {bytes, less};
        EXPECT(!sshkey_exchange_read(part, &exchange));
    }
    EXPECT(!sshkey_exchange_read((struct sshkey_bytes){bytes, size + 1}, &exchange));
}

TEST("the hash is that of the method, of all of it")
{
    static const uint8_t begin[3][4] = {
        {0x98, 0x41, 0xfb, 0xf3}, {0x81, 0xe0, 0x29, 0x22}, {0x2a, 0x37, 0x8c, 0xb7}};
    static const struct example methods[] = {{.client = 32, .server = 32, .secret = 32},
                                             {.client = 1190, .server = 1071, .secret = 64},
                                             {.client = 1216, .server = 1120, .secret = 32}};
    for (size_t i = 0; i < 3; i++) {
        struct sshkey_exchange exchange;
        uint8_t hash[SSHKEY_HASH_MOST];
        struct sshkey_bytes whole = {bytes, example_write(bytes, &methods[i])};
        EXPECT(sshkey_exchange_read(whole, &exchange));
        EXPECT(sshkey_exchange_hash(&exchange, hash) == (i == 1 ? 64 : 32));
        EXPECT(memcmp(hash, begin[i], 4) == 0);
    }
}

TEST("a key and a signature that were written are taken by who verifies")
{
    static const uint8_t seed[ED25519_SEED_SIZE] = {1, 2, 3};
    uint8_t key[ED25519_KEY_SIZE], signature[ED25519_SIGNATURE_SIZE];
    uint8_t wire_key[SSHKEY_ED25519_KEY], wire_signature[SSHKEY_ED25519_SIGNATURE];
    struct sshkey_bytes message = {(const uint8_t *)"hash", 4};
    ed25519_key(key, seed);
    ed25519_sign(signature, message.data, message.size, seed);
    sshkey_write_key(wire_key, key);
    sshkey_write_signature(wire_signature, signature);
    struct sshkey_bytes of_key = {wire_key, sizeof wire_key};
    struct sshkey_bytes of_signature = {wire_signature, sizeof wire_signature};
    EXPECT(sshkey_verify(of_key, of_signature, message));
    wire_signature[sizeof wire_signature - 1] ^= 1;
    EXPECT(!sshkey_verify(of_key, of_signature, message));
}
