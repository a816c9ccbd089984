// SPDX-License-Identifier: MIT
// Reads the wire's types (RFC 4251, section 5). What would lie past the end is empty, and the
// reader is bad from then on.
#pragma once

#include <sshkey/sshkey.h>
#include <string.h>

struct reader {
    const uint8_t *at, *end;
    bool is_bad;
};

static inline struct reader reader_of(struct sshkey_bytes bytes)
{
    return (struct reader){.at = bytes.data, .end = bytes.data ? bytes.data + bytes.size : nullptr};
}

static inline const uint8_t *read_bytes(struct reader *reader, size_t size)
{
    if (reader->is_bad || size > (size_t)(reader->end - reader->at)) {
        reader->is_bad = true;
        return nullptr;
    }
    const uint8_t *bytes = reader->at;
    reader->at += size;
    return bytes;
}

static inline uint8_t read_byte(struct reader *reader)
{
    const uint8_t *byte = read_bytes(reader, 1);
    return byte ? *byte : 0;
}

static inline struct sshkey_bytes read_string(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 4);
    if (b == nullptr) return (struct sshkey_bytes){};
    size_t size = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
    const uint8_t *data = read_bytes(reader, size);
    return data ? (struct sshkey_bytes){data, size} : (struct sshkey_bytes){};
}

// Without the zero in front of a number whose highest bit is set.
static inline struct sshkey_bytes read_number(struct reader *reader)
{
    struct sshkey_bytes number = read_string(reader);
    while (number.size > 0 && number.data[0] == 0) {
        number.data++;
        number.size--;
    }
    return number;
}

static inline bool reader_is_done(const struct reader *reader)
{
    return !reader->is_bad && reader->at == reader->end;
}

static inline bool bytes_are(struct sshkey_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}
