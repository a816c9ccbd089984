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
