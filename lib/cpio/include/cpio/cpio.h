// SPDX-License-Identifier: MIT
// Reading a cpio archive (newc, cpio(5)) in memory, entry by entry. Every size is checked against
// the archive: a malformed one ends the reading with an error and never leads outside.
#pragma once

#include <abi/status.h>
#include <stddef.h>

struct cpio {
    const uint8_t *bytes;
    size_t size, at;
};

struct cpio_entry {
    const char *name; // NUL-terminated, inside of the archive, without leading slashes
    uint32_t mode;    // as st_mode
    uint32_t links;
    uint64_t modify_time; // seconds since 1970
    size_t offset, size;  // of the file's bytes in the archive
};

void cpio_open(struct cpio *cpio, const void *bytes, size_t size);

// The next entry. ERR_NOT_FOUND after the last, ERR_BAD_MESSAGE when the archive is malformed.
enum status cpio_next(struct cpio *cpio, struct cpio_entry *entry);

// The entry called `name` (without leading slash).
enum status cpio_find(const void *bytes, size_t size, const char *name, struct cpio_entry *entry);
