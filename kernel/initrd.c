// SPDX-License-Identifier: MIT
// The initrd's trailer is checked here; the archive is read by lib/cpio, in which every size is
// checked against what is left.
#include "kernel/initrd.h"
#include "kernel/list.h"
#include "kernel/object/trust.h"
#include "kernel/string.h"
#include <abi/manifest.h>
#include <cpio/cpio.h>
#include <cpio/initrd.h>
#include <crypto/ed25519.h>

static const char signed_prefix[] = "ferrite initrd"; // its NUL is signed too

static bool is_trusted(const uint8_t key[static 32])
{
    for (uint32_t i = 0; i < trust_root_count; i++) {
        if (memcmp(trust_roots[i].key, key, sizeof trust_roots[i].key) == 0) return true;
    }
    return false;
}

struct hasher {
    struct initrd_reader reader;
    struct sha512 hash;
};

static void hash_piece(struct initrd_reader *self, const void *bytes, size_t size)
{
    sha512_update(&CONTAINER(self, struct hasher, reader)->hash, bytes, size);
}

enum status initrd_open(const uint8_t *bytes, size_t size, struct initrd *initrd)
{
    struct initrd_trailer trailer;
    if (size < sizeof trailer) return ERR_IMAGE_TRUNCATED;
    memcpy(&trailer, bytes + size - sizeof trailer, sizeof trailer);
    if (memcmp(trailer.magic, "FEINITRD", sizeof trailer.magic) != 0) return ERR_IMAGE_UNSIGNED;
    if (trailer.archive_size != size - sizeof trailer) return ERR_IMAGE_TRUNCATED;
    if (!is_trusted(trailer.key)) return ERR_IMAGE_UNTRUSTED;
    uint8_t digest[SHA512_SIZE];
    struct hasher hasher = {.reader = {hash_piece}};
    sha512_init(&hasher.hash);
    sha512_update(&hasher.hash, signed_prefix, sizeof signed_prefix);
    bool is_whole = initrd_read_signed(bytes, size - sizeof trailer, &hasher.reader);
    sha512_final(&hasher.hash, digest);
    if (!is_whole) return ERR_IMAGE_SIGNATURE; // nobody signs what cannot be read
    if (!ed25519_verify(trailer.signature, digest, sizeof digest, trailer.key)) {
        return ERR_IMAGE_SIGNATURE;
    }
    *initrd = (struct initrd){bytes, size - sizeof trailer};
    return OK;
}

enum status initrd_find(const struct initrd *initrd, const char *name, const uint8_t **file,
                        size_t *size)
{
    struct cpio_entry entry;
    enum status status = cpio_find(initrd->bytes, initrd->size, name, &entry);
    if (status != OK) return status == ERR_NOT_FOUND ? status : ERR_IMAGE_FORMAT;
    *file = initrd->bytes + entry.offset;
    *size = entry.size;
    return OK;
}
