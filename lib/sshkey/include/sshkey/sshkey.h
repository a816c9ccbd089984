// SPDX-License-Identifier: MIT
// Public keys and signatures in the form in which SSH has them on the wire (RFC 4253, section 6.6;
// RFC 5656, section 3.1; RFC 8332; RFC 8709), and files of keys that may log in. Everything is
// untrusted. Usable from any thread.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct sshkey_bytes {
    const uint8_t *data;
    size_t size;
};

// Whether `signature` over `message` was made with the secret half of `key`: Ed25519, ECDSA over
// the curves of NIST with their hashes, RSA with SHA-256 or SHA-512 and at least 2048 bits.
[[nodiscard]] bool sshkey_verify(struct sshkey_bytes key, struct sshkey_bytes signature,
                                 struct sshkey_bytes message);

// Whether the text of a file of keys (sshd's authorized_keys) has this key on a line without
// options; one with options is passed over, as what they would forbid is not known.
[[nodiscard]] bool sshkey_is_listed(const char *text, size_t size, struct sshkey_bytes key);

// What a request for log-in by key signs (RFC 4252, section 7).
struct sshkey_request {
    struct sshkey_bytes session, user, algorithm, key;
};
[[nodiscard]] bool sshkey_request_read(struct sshkey_bytes message, struct sshkey_request *request);

// What a key exchange hashes (RFC 4253, section 8), and a server's key of host signs the hash of.
// It is one only when all of it is: versions, the first messages of both, and a method that is
// known: Curve25519 (RFC 8731), also with sntrup761 or ML-KEM-768. Whose key it is, and what the
// shares and the secret are, nobody looks at here.
struct sshkey_exchange {
    struct sshkey_bytes whole;
    struct sshkey_bytes versions; // of both sides, with their sizes
    struct sshkey_bytes key;      // the host's
    struct sshkey_bytes client_share, server_share, secret;
};
[[nodiscard]] bool sshkey_exchange_read(struct sshkey_bytes message,
                                        struct sshkey_exchange *exchange);

// The hash of one that was read, by its method; its size, or 0: there is no memory.
enum : size_t { SSHKEY_HASH_MOST = 64 };
[[nodiscard]] size_t sshkey_exchange_hash(const struct sshkey_exchange *exchange,
                                          uint8_t hash[SSHKEY_HASH_MOST]);

// Ed25519's as the wire has them.
enum : size_t { SSHKEY_ED25519_KEY = 51, SSHKEY_ED25519_SIGNATURE = 83 };
void sshkey_write_key(uint8_t to[SSHKEY_ED25519_KEY], const uint8_t key[32]);
void sshkey_write_signature(uint8_t to[SSHKEY_ED25519_SIGNATURE], const uint8_t signature[64]);
