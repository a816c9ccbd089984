// SPDX-License-Identifier: MIT
// The ring of a pipe. A pipe that is drained gives its memory back, so that idle ones cost little.
#include <fifo/buffer.h>
#include <ferrite/libc.h>

// Copies out the bytes from `start` on, which may go around the end.
static void copy_out(const struct buffer *buffer, uint8_t *to, size_t count)
{
    size_t first = buffer->capacity - buffer->start;
    if (first > count) first = count;
    memcpy(to, buffer->data + buffer->start, first);
    memcpy(to + first, buffer->data, count - first);
}

static bool grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST : buffer->capacity;
    while (capacity < needed) capacity *= 2;
    if (capacity == buffer->capacity) return true;
    uint8_t *data = malloc(capacity);
    if (data == nullptr) return false;
    if (buffer->size != 0) copy_out(buffer, data, buffer->size);
    free(buffer->data);
    *buffer = (struct buffer){.data = data, .capacity = capacity, .size = buffer->size};
    return true;
}

size_t buffer_write(struct buffer *buffer, const void *from, size_t count)
{
    if (count > buffer_free(buffer)) count = buffer_free(buffer);
    if (count == 0 || !grow(buffer, buffer->size + count)) return 0;
    size_t end = (buffer->start + buffer->size) & (buffer->capacity - 1);
    size_t first = buffer->capacity - end;
    if (first > count) first = count;
    memcpy(buffer->data + end, from, first);
    memcpy(buffer->data, (const uint8_t *)from + first, count - first);
    buffer->size += count;
    return count;
}

size_t buffer_read(struct buffer *buffer, void *to, size_t count)
{
    if (count > buffer->size) count = buffer->size;
    if (count == 0) return 0;
    copy_out(buffer, to, count);
    buffer->start = (buffer->start + count) & (buffer->capacity - 1);
    buffer->size -= count;
    if (buffer->size == 0 && buffer->capacity > BUFFER_FIRST) buffer_fini(buffer);
    return count;
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){};
}
