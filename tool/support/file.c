// SPDX-License-Identifier: MIT
// Whole files in memory, and the one way to give up.
#include <support/file.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *tool_name = "tool";

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", tool_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory) complain("out of memory");
    return memory;
}

struct file file_read(const char *path)
{
    FILE *stream = fopen(path, "rb");
    struct stat about;
    if (!stream || fstat(fileno(stream), &about)) complain("%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode)) complain("%s: not a file", path);
    struct file file = {allocate(1, (size_t)about.st_size + 1), (size_t)about.st_size};
    if (fread(file.bytes, 1, file.size, stream) != file.size) complain("%s: cannot be read", path);
    fclose(stream);
    return file;
}

void file_write(const char *path, const void *bytes, size_t size, unsigned mode)
{
    size_t length = strlen(path) + sizeof ".XXXXXX";
    char *temporary = allocate(1, length);
    snprintf(temporary, length, "%s.XXXXXX", path);
    int descriptor = mkstemp(temporary);
    FILE *stream = descriptor < 0 ? nullptr : fdopen(descriptor, "wb");
    if (!stream) complain("%s: %s", temporary, strerror(errno));
    bool written =
        fwrite(bytes, 1, size, stream) == size && !fflush(stream) && !fchmod(descriptor, mode);
    if (fclose(stream) || !written || rename(temporary, path)) {
        int cause = errno;
        unlink(temporary);
        complain("%s: %s", path, strerror(cause));
    }
    free(temporary);
}

void *reallocate(void *memory, size_t size)
{
    void *larger = realloc(memory, size);
    if (!larger) complain("out of memory");
    return larger;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (buffer->size + size > buffer->capacity) {
        buffer->capacity = (buffer->size + size) * 2;
        buffer->bytes = reallocate(buffer->bytes, buffer->capacity);
    }
    if (!size) return;
    if (bytes)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    else
        memset(buffer->bytes + buffer->size, 0, size);
    buffer->size += size;
}

void buffer_zero(struct buffer *buffer, size_t size)
{
    buffer_append(buffer, nullptr, size);
}

void buffer_align(struct buffer *buffer, size_t alignment)
{
    buffer_zero(buffer, -buffer->size & (alignment - 1));
}

uint64_t size_parse(const char *text)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (shift) end++;
    if (errno || end == text || *end || *text == '-' || value << shift >> shift != value)
        complain("'%s' is not a size", text);
    return value << shift;
}
