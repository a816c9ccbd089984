// SPDX-License-Identifier: MIT
// TLS 1.3 (RFC 8446) over a descriptor that is connected already, as client or as server. Older
// versions are not spoken. One thread at a time uses this library.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

enum [[nodiscard]] tls_status : int {
    TLS_OK,
    TLS_MEMORY,
    TLS_ENTROPY,
    TLS_AUTHORITIES, // their file cannot be read, or holds none
    TLS_CERTIFICATE, // our own cannot be read
    TLS_KEY,         // it cannot be read, or is not the certificate's
    TLS_WRONG_HOST,  // the rest of them: what was found while speaking with the other side
    TLS_EXPIRED,
    TLS_NOT_YET_VALID,
    TLS_SELF_SIGNED,
    TLS_UNKNOWN_AUTHORITY,
    TLS_WEAK,
    TLS_WRONG_USE,
    TLS_VERSION,
    TLS_DOWNGRADED,
    TLS_REFUSED,   // the other side sent an alert
    TLS_TRUNCATED, // the connection ended without the notice that it was to end
    TLS_TAMPERED,  // a record's authentication is wrong
    TLS_PROTOCOL,
    TLS_CONNECTION,
    TLS_AGAIN, // the descriptor would have to be waited for, and is one that does not wait
    TLS_STATUS_COUNT,
};

// What a client trusts. `authorities` is a file of certificates in PEM, nullptr: the system's.
// Without `is_checked` any certificate will do: only those who listen passively are kept out.
struct tls_trust {
    const char *host;
    const char *authorities;
    bool is_checked;
};

// Makes a client's side of it: when this returns TLS_OK, who answers has proved to be
// `trust->host`. `fd` stays the caller's to close, after tls_close.
enum tls_status tls_connect(struct tls **tls, int fd, const struct tls_trust *trust);

// What a server proves itself by: a key, its certificate, and those that lead to its authority.
struct tls_identity;

// Both files are PEM; the server's own certificate comes first.
enum tls_status tls_identity_read(struct tls_identity **identity, const char *certificate,
                                  const char *key);

// The same. When there is no key, it makes one and a certificate that is signed by itself, for
// `host` and the names of the machine within itself, and writes both files. Not `is_kept`: that
// failed, and the identity lasts as long as this process.
enum tls_status tls_identity_keep(struct tls_identity **identity, const char *certificate,
                                  const char *key, const char *host, bool *is_kept);
void tls_identity_free(struct tls_identity *identity); // nullptr is fine

// Makes a server's side of it. The identity may have many connections, and outlives them.
enum tls_status tls_accept(struct tls **tls, int fd, struct tls_identity *identity);

// The same for a descriptor that does not wait: tls_shake_hands is called, again after TLS_AGAIN,
// until it returns TLS_OK.
enum tls_status tls_accept_begin(struct tls **tls, int fd, struct tls_identity *identity);
enum tls_status tls_shake_hands(struct tls *tls);

// After TLS_AGAIN: it waits until it can write, otherwise until there is something to read.
bool tls_waits_to_write(const struct tls *tls);

// Reads 1 to `size` bytes; 0: the other side has ended its part properly.
enum tls_status tls_read(struct tls *tls, void *to, size_t size, size_t *got);

// Bytes that tls_read gives without waiting, which poll does not know of.
size_t tls_pending(const struct tls *tls);

// Writes all of it.
enum tls_status tls_write(struct tls *tls, const void *from, size_t size);

// Writes 1 byte or more of it. After TLS_AGAIN it is called with the same bytes.
enum tls_status tls_write_some(struct tls *tls, const void *from, size_t size, size_t *written);

// Tells the other side that nothing more comes.
enum tls_status tls_end(struct tls *tls);

// Forgets the keys. nullptr is fine.
void tls_close(struct tls *tls);

// One sentence for users, without a period.
const char *tls_text(enum tls_status status);
