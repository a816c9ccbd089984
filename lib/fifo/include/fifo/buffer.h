// SPDX-License-Identifier: MIT
// The bytes in a pipe: a ring that begins small and grows up to its limit.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum : size_t { BUFFER_FIRST = 4096, BUFFER_MAX = 65536 };

struct buffer {
    uint8_t *data;
    size_t capacity; // a power of two, or 0
    size_t start, size;
};

static inline size_t buffer_free(const struct buffer *buffer)
{
    return BUFFER_MAX - buffer->size;
}

// Appends up to `count` bytes; how many fitted. 0 also when memory is short.
size_t buffer_write(struct buffer *buffer, const void *from, size_t count);
// Makes room for so many more, which may not be more than are free; false: memory is short. They
// will fit then.
bool buffer_reserve(struct buffer *buffer, size_t count);
// Copies up to `count` bytes from the `skip`th on, which stay there; how many there were.
size_t buffer_peek(const struct buffer *buffer, size_t skip, void *to, size_t count);
// Forgets the first `count` bytes, of those that are there.
void buffer_drop(struct buffer *buffer, size_t count);
// Takes up to `count` bytes out; how many there were.
size_t buffer_read(struct buffer *buffer, void *to, size_t count);
void buffer_fini(struct buffer *buffer);
