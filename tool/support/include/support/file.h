// SPDX-License-Identifier: MIT
// Files and messages of the host tools. A tool that cannot go on says why on the standard error
// output and exits with 1; an output file appears whole or not at all.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct file {
    uint8_t *bytes; // from malloc
    size_t size;
};

// What `complain` puts before each message; set by main.
extern const char *tool_name;

[[noreturn, gnu::format(printf, 1, 2)]] void complain(const char *format, ...);

struct file file_read(const char *path);
void file_write(const char *path, const void *bytes, size_t size, unsigned mode);

// Never fails: complains instead. The memory is zeroed.
[[gnu::returns_nonnull]] void *allocate(size_t count, size_t size);
[[gnu::returns_nonnull]] void *reallocate(void *memory, size_t size);

// A growing buffer.
struct buffer {
    uint8_t *bytes;
    size_t size, capacity;
};
void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_zero(struct buffer *buffer, size_t size); // appends zeros
void buffer_align(struct buffer *buffer, size_t alignment);

// Reads "64M", "0x1000", "12K"; complains about anything else.
uint64_t size_parse(const char *text);
