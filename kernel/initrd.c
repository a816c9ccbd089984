// SPDX-License-Identifier: MIT
// Reading cpio's newc format: headers of fourteen fields of eight hexadecimal digits, names and
// contents padded to four bytes, ended by an entry named TRAILER!!!. Every size is checked against
// what is left.
#include "kernel/initrd.h"
#include "kernel/object/trust.h"
#include "kernel/string.h"
#include <crypto/ed25519.h>

enum : size_t { HEADER_SIZE = 110, MAGIC_SIZE = 6, FIELD_SIZE = 8, ALIGNMENT = 4 };
enum { FIELD_FILE_SIZE = 6, FIELD_NAME_SIZE = 11 };

static const char signed_prefix[] = "ferrite initrd"; // its NUL is signed too

static bool is_trusted(const uint8_t key[static 32])
{
    for (uint32_t i = 0; i < trust_root_count; i++) {
        if (memcmp(trust_roots[i].key, key, sizeof trust_roots[i].key) == 0) return true;
    }
    return false;
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
    struct sha512 hash;
    sha512_init(&hash);
    sha512_update(&hash, signed_prefix, sizeof signed_prefix);
    sha512_update(&hash, bytes, size - sizeof trailer);
    sha512_final(&hash, digest);
    if (!ed25519_verify(trailer.signature, digest, sizeof digest, trailer.key)) {
        return ERR_IMAGE_SIGNATURE;
    }
    *initrd = (struct initrd){bytes, size - sizeof trailer};
    return OK;
}

static bool read_field(const uint8_t *header, int field, size_t *value)
{
    const uint8_t *digits = header + MAGIC_SIZE + (size_t)field * FIELD_SIZE;
    *value = 0;
    for (size_t i = 0; i < FIELD_SIZE; i++) {
        uint8_t c = digits[i];
        uint8_t letter = c | 0x20;
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (size_t)(c - '0');
        else if (letter >= 'a' && letter <= 'f')
            *value = *value << 4 | (size_t)(letter - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t aligned(size_t value)
{
    return (value + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

struct entry {
    const char *name; // NUL-terminated
    const uint8_t *file;
    size_t size, next; // next: where the entry after it begins
};

static enum status read_entry(const struct initrd *initrd, size_t at, struct entry *entry)
{
    if (at > initrd->size || initrd->size - at < HEADER_SIZE) return ERR_IMAGE_TRUNCATED;
    const uint8_t *header = initrd->bytes + at;
    size_t name_size;
    if (memcmp(header, "070701", MAGIC_SIZE) != 0) return ERR_IMAGE_FORMAT;
    if (!read_field(header, FIELD_FILE_SIZE, &entry->size)) return ERR_IMAGE_FORMAT;
    if (!read_field(header, FIELD_NAME_SIZE, &name_size)) return ERR_IMAGE_FORMAT;
    size_t left = initrd->size - at - HEADER_SIZE;
    if (name_size > left) return ERR_IMAGE_TRUNCATED;
    if (name_size == 0 || header[HEADER_SIZE + name_size - 1] != '\0') return ERR_IMAGE_FORMAT;
    entry->name = (const char *)header + HEADER_SIZE;
    size_t start = aligned(at + HEADER_SIZE + name_size);
    if (start > initrd->size || entry->size > initrd->size - start) return ERR_IMAGE_TRUNCATED;
    entry->file = initrd->bytes + start;
    entry->next = aligned(start + entry->size);
    return OK;
}

enum status initrd_find(const struct initrd *initrd, const char *name, const uint8_t **file,
                        size_t *size)
{
    for (struct entry entry = {};;) {
        TRY(read_entry(initrd, entry.next, &entry));
        if (strcmp(entry.name, "TRAILER!!!") == 0) return ERR_NOT_FOUND;
        if (strcmp(entry.name, name) != 0) continue;
        *file = entry.file;
        *size = entry.size;
        return OK;
    }
}
