// SPDX-License-Identifier: MIT
// The ring of a pipe. A pipe that is drained gives its memory back, so that idle ones cost little.
#include <fifo/buffer.h>
#include <ferrite/libc.h>

// The bytes may go around the end.
size_t buffer_peek(const struct buffer *buffer, size_t skip, void *to, size_t count)
{
    if (skip >= buffer->size) return 0;
    if (count > buffer->size - skip) count = buffer->size - skip;
    size_t start = (buffer->start + skip) & (buffer->capacity - 1);
    size_t first = buffer->capacity - start;
    if (first > count) first = count;
    memcpy(to, buffer->data + start, first);
    memcpy((uint8_t *)to + first, buffer->data, count - first);
    return count;
}

bool buffer_reserve(struct buffer *buffer, size_t count)
{
    size_t needed = buffer->size + count;
    size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST : buffer->capacity;
    while (capacity < needed) capacity *= 2;
    if (capacity == buffer->capacity) return true;
    uint8_t *data = malloc(capacity);
    if (data == nullptr) return false;
    buffer_peek(buffer, 0, data, buffer->size);
    free(buffer->data);
    *buffer = (struct buffer){.data = data, .capacity = capacity, .size = buffer->size};
    return true;
}

size_t buffer_write(struct buffer *buffer, const void *from, size_t count)
{
    if (count > buffer_free(buffer)) count = buffer_free(buffer);
    if (count == 0 || !buffer_reserve(buffer, count)) return 0;
    size_t end = (buffer->start + buffer->size) & (buffer->capacity - 1);
    size_t first = buffer->capacity - end;
    if (first > count) first = count;
    memcpy(buffer->data + end, from, first);
    memcpy(buffer->data, (const uint8_t *)from + first, count - first);
    buffer->size += count;
    return count;
}

void buffer_drop(struct buffer *buffer, size_t count)
{
    if (count == 0) return;
    buffer->start = (buffer->start + count) & (buffer->capacity - 1);
    buffer->size -= count;
    if (buffer->size == 0 && buffer->capacity > BUFFER_FIRST) buffer_fini(buffer);
}

size_t buffer_read(struct buffer *buffer, void *to, size_t count)
{
    count = buffer_peek(buffer, 0, to, count);
    buffer_drop(buffer, count);
    return count;
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){};
}
