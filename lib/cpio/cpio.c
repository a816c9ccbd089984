// SPDX-License-Identifier: MIT
// The newc format: a header of 110 characters with hexadecimal fields, the name, the bytes, each
// padded to four bytes.
#include <cpio/cpio.h>

enum : size_t { HEADER_SIZE = 110, FIELD_SIZE = 8, MAGIC_SIZE = 6 };
enum field {
    FIELD_MODE = 1,
    FIELD_LINKS = 4,
    FIELD_TIME = 5,
    FIELD_SIZE_OF_FILE = 6,
    FIELD_NAME_SIZE = 11
};

static bool begins(const uint8_t *bytes, const char *text)
{
    while (*text != '\0' && *bytes == (uint8_t)*text) bytes++, text++;
    return *text == '\0';
}

static bool is_same(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') a++, b++;
    return *a == *b;
}

void cpio_open(struct cpio *cpio, const void *bytes, size_t size)
{
    *cpio = (struct cpio){.bytes = bytes, .size = size};
}

static bool read_field(const uint8_t *header, enum field field, uint32_t *value)
{
    const uint8_t *digits = header + MAGIC_SIZE + (size_t)field * FIELD_SIZE;
    *value = 0;
    for (size_t i = 0; i < FIELD_SIZE; i++) {
        uint8_t digit = digits[i];
        if (digit >= '0' && digit <= '9') {
            digit -= '0';
        } else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f') {
            digit = (digit | 0x20) - 'a' + 10;
        } else {
            return false;
        }
        *value = *value << 4 | digit;
    }
    return true;
}

static size_t pad(size_t offset)
{
    return (offset + 3) & ~(size_t)3;
}

enum status cpio_next(struct cpio *cpio, struct cpio_entry *entry)
{
    uint32_t mode, links, time, size, name_size;
    if (cpio->size - cpio->at < HEADER_SIZE) return ERR_BAD_MESSAGE;
    const uint8_t *header = cpio->bytes + cpio->at;
    if (!begins(header, "070701")) return ERR_BAD_MESSAGE;
    if (!read_field(header, FIELD_MODE, &mode) || !read_field(header, FIELD_LINKS, &links) ||
        !read_field(header, FIELD_TIME, &time) || !read_field(header, FIELD_SIZE_OF_FILE, &size) ||
        !read_field(header, FIELD_NAME_SIZE, &name_size)) {
        return ERR_BAD_MESSAGE;
    }
    size_t name_at = cpio->at + HEADER_SIZE;
    if (name_size == 0 || name_size > cpio->size - name_at) return ERR_BAD_MESSAGE;
    const char *name = (const char *)cpio->bytes + name_at;
    if (name[name_size - 1] != '\0') return ERR_BAD_MESSAGE;
    size_t data_at = pad(name_at + name_size);
    if (data_at > cpio->size || size > cpio->size - data_at) return ERR_BAD_MESSAGE;
    if (is_same(name, "TRAILER!!!")) return ERR_NOT_FOUND;
    while (*name == '/') name++;
    size_t next = pad(data_at + size);
    cpio->at = next < cpio->size ? next : cpio->size;
    *entry = (struct cpio_entry){
        .name = name,
        .mode = mode,
        .links = links,
        .modify_time = time,
        .offset = data_at,
        .size = size,
    };
    return OK;
}

enum status cpio_find(const void *bytes, size_t size, const char *name, struct cpio_entry *entry)
{
    struct cpio cpio;
    cpio_open(&cpio, bytes, size);
    do {
        TRY(cpio_next(&cpio, entry));
    } while (!is_same(entry->name, name));
    return OK;
}
