// SPDX-License-Identifier: MIT
// What of an initrd is signed. An image has a signature of its own, which stands for all of it; so
// the archive's is over everything but what images' signatures vouch for: names, modes, sizes, all
// other files, and those signatures. Whoever reads an image as something else than an image has it
// judged as one first.
#pragma once

#include <stddef.h>
#include <stdint.h>

// How many bytes of a file are vouched for by the signature at its end; 0: it is no image.
size_t initrd_vouched(const void *bytes, size_t size);

// Tells what is signed, piece by piece: of each entry all before its bytes, as eight bytes how much
// of those is vouched for, then what is not; and at last what is behind the last entry. Two
// archives of which the same is told are the same but for what is vouched for. False: it is
// malformed.
struct initrd_reader {
    void (*take)(struct initrd_reader *self, const void *bytes, size_t size);
};
[[nodiscard]] bool initrd_read_signed(const uint8_t *bytes, size_t size,
                                      struct initrd_reader *reader);
