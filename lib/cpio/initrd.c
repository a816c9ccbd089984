// SPDX-License-Identifier: MIT
// What of an initrd is signed.
#include <cpio/initrd.h>

#include <abi/manifest.h>
#include <cpio/cpio.h>

size_t initrd_vouched(const void *bytes, size_t size)
{
    const uint8_t *magic = bytes;
    if (size < sizeof(struct macho_header_64) + MACHO_SIGNATURE_SIZE) return 0;
    for (uint32_t i = 0; i < sizeof(uint32_t); i++) {
        if (magic[i] != (uint8_t)(MACHO_MAGIC_64 >> 8 * i)) return 0;
    }
    return size - MACHO_SIGNATURE_SIZE;
}

bool initrd_read_signed(const uint8_t *bytes, size_t size, struct initrd_reader *reader)
{
    struct cpio cpio;
    struct cpio_entry entry;
    enum status status;
    size_t done = 0;
    cpio_open(&cpio, bytes, size);
    while ((status = cpio_next(&cpio, &entry)) == OK) {
        uint64_t vouched = initrd_vouched(bytes + entry.offset, entry.size);
        reader->take(reader, bytes + done, entry.offset - done);
        reader->take(reader, &vouched, sizeof vouched);
        done = entry.offset + (size_t)vouched;
    }
    reader->take(reader, bytes + done, size - done);
    return status == ERR_NOT_FOUND;
}
