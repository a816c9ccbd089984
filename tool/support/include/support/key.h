// SPDX-License-Identifier: MIT
// Signing keys and trust roots as files: lines of "word value". <name>.root has the public key and
// the most that it may entitle images to; <name>.key has the secret seed, and only who signs needs
// it.
#pragma once

#include <abi/manifest.h>

struct root_file {
    struct trust_root root;
    bool development; // the system says at boot that it trusts such a root
};

void root_read(const char *path, struct root_file *root);
void root_write(const char *path, const struct root_file *root);

struct secret {
    uint8_t seed[32];
    uint8_t key[32]; // the public half
};

// Reads or makes a secret; makes it with the system's randomness, readable by its owner only.
void secret_read(const char *path, struct secret *secret);
void secret_create(const char *path, struct secret *secret);

// Signs SHA-512 of (`context` with its NUL || bytes), as abi/manifest.h says for images and the
// initrd.
void secret_sign(const struct secret *secret, const char *context, const void *bytes, size_t size,
                 uint8_t signature[64]);

// Where keys are: `given`, or KEYS of the environment, or out/keys; and the file of one of them.
char *key_path(const char *given, const char *name, const char *suffix);
