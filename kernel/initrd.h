// SPDX-License-Identifier: MIT
// The initrd: a signed cpio archive (abi/manifest.h). Nothing in it is used before its signature is
// right.
#pragma once

#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct initrd {
    const uint8_t *bytes;
    size_t size; // of the archive, without padding and trailer
};

// Checks the trailer and signature of the `size` bytes at `bytes`. What is right then is all but
// the bytes of images, which are judged when they become an image object. ERR_IMAGE_TRUNCATED,
// ERR_IMAGE_UNSIGNED, ERR_IMAGE_UNTRUSTED, ERR_IMAGE_SIGNATURE.
enum status initrd_open(const uint8_t *bytes, size_t size, struct initrd *initrd);

// A file of the archive by its full name, without a leading slash: ERR_NOT_FOUND, ERR_IMAGE_FORMAT
// (newc is malformed).
enum status initrd_find(const struct initrd *initrd, const char *name, const uint8_t **file,
                        size_t *size);
