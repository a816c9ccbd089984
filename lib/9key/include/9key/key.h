// SPDX-License-Identifier: MIT
// How two machines prove to each other that they have the same key, without showing it, on the file
// that an auth request of 9P opens. The client writes its nonce; it reads the server's nonce and
// the server's proof; when that is right it writes its own. A proof is HMAC-SHA-512 (RFC 2104,
// FIPS 180-4) with the key, of which the first KEY_PROOF bytes count, over: which side speaks, both
// nonces, and who attaches what. A stranger in between learns nothing that he could use another
// time. What follows on the connection is neither hidden nor sealed.
#pragma once

#include <9wire/wire.h>

enum : size_t { KEY_SIZE = 32, KEY_NONCE = 32, KEY_PROOF = 32, KEY_ANSWER = KEY_NONCE + KEY_PROOF };

struct key_talk {
    const uint8_t *key;
    uint8_t client[KEY_NONCE], server[KEY_NONCE];
    struct wire_text user, tree; // as in the requests auth and attach
    uint32_t uid;
};

// By the client, or by the server.
void key_proof(const struct key_talk *talk, bool by_client, uint8_t proof[KEY_PROOF]);

// Takes as long whatever they are.
bool key_is_same(const uint8_t *one, const uint8_t *other, size_t size);

// A key as text: 64 hexadecimal digits and perhaps a newline. False: it is none.
bool key_parse(const char *text, size_t size, uint8_t key[KEY_SIZE]);

// Reads a key from a file of the namespace, which nobody but its owner may be able to read (EPERM).
// 0 or a negative errno; EINVAL: there is no key in it. `path` is absolute.
int key_load(const char *path, uint8_t key[KEY_SIZE]);

// What a result of key_load() is called.
const char *key_complaint(int result);
