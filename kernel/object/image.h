// SPDX-License-Identifier: MIT
// Images: executables that were verified, whole and once, when they were made, over pages that nobody else can
// change. Guarded by the kernel lock.
#pragma once

#include "kernel/object/macho.h"
#include "kernel/object/object.h"

struct memory;
struct space;

struct image {
    struct object object;
    struct memory *memory; // the file, sealed
    struct macho layout;
    bool verified;
    uint64_t hashed;         // bytes, while it is being verified
    struct sha512 *hash;     // nullptr when done
};


// Makes an image of the first `size` bytes of `memory` at once, for the kernel's own use at boot; system calls
// do the same in bounded steps. Every refusal has its own status: ERR_IMAGE_*.
enum status image_make(struct process *owner, struct memory *memory, uint64_t size,
                       struct image **image);

// Maps all segments at a random place; *base is where address 0 of the image is. Text and constants are
// shared, data is copied when written to. On failure the space is to be cleared.
enum status image_map(struct image *image, struct space *space, uintptr_t *base);
