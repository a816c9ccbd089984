// SPDX-License-Identifier: MIT
// Images: executables that were verified, whole and once, when they were made, over pages that
// nobody else can change. Guarded by the kernel lock.
#pragma once

#include "kernel/object/macho.h"
#include "kernel/object/object.h"
#include <crypto/ed25519.h>

struct memory;
struct space;

// Taking the pages; reading the layout; hashing and its end; the digest is there; the check has it
// next; the check's steps.
enum image_stage : uint8_t {
    IMAGE_CLONE,
    IMAGE_JUDGE,
    IMAGE_HASH,
    IMAGE_HASHED,
    IMAGE_UPDATE,
    IMAGE_CHECK
};

struct image {
    struct object object;
    struct memory *memory; // the file, sealed; nullptr at first
    struct macho layout;
    bool verified;
    enum image_stage stage;         // while it is being made
    uint64_t cloned, taken, hashed; // bytes, while it is being made
    struct sha512 hash;
    uint8_t digest[SHA512_SIZE];
    struct ed25519_check *check; // from IMAGE_UPDATE on: a page of its own
};

// An image to be made of the first `size` bytes of `memory`, and a bounded step of making it: takes
// the pages for itself, reads the layout, checks key and entitlements, hashes, checks the
// signature, of that a few hundred instructions. It is done when `verified` is set. Every refusal
// has its own status: ERR_IMAGE_*.
enum status image_new(struct process *owner, struct memory *memory, uint64_t size,
                      struct image **image);
enum status image_step(struct image *image, struct memory *memory);

// All of it at once, for the kernel's own use at boot.
enum status image_make(struct process *owner, struct memory *memory, uint64_t size,
                       struct image **image);

// Whether the image may be given what is mounted at `path`: below one of its names, if it has any.
bool image_may_name(const struct image *image, const char *path, size_t size);

// Finds the image's place in a process's space. Where addresses are physical, text is executed
// where the file lies, and the process gets its own copy of the data elsewhere. CALL_RESTART: an
// interrupt waits, and part of the copy is done.
struct process;
enum status image_place(const struct image *image, struct process *process);

// Maps a segment of the image, whose address 0 is to be at `base`. Text and constants are shared,
// data is copied when written to. On failure the space is to be cleared.
enum status image_map(struct image *image, struct space *space, uintptr_t base, uint32_t segment);
