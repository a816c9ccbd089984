// SPDX-License-Identifier: MIT
// The serial form of open files. Writing never fails in between: `failed` is looked at once, at the
// end.
#include "inherit.h"
#include <stdlib.h>
#include <string.h>

static void append(struct inherit_text *text, const void *data, size_t size)
{
    if (text->failed) return;
    size_t padded = (size + 7) & ~(size_t)7;
    if (text->size + padded > text->capacity) {
        size_t capacity = (text->size + padded) * 2;
        uint8_t *grown = realloc(text->data, capacity);
        if (grown == nullptr) {
            text->failed = true;
            return;
        }
        text->data = grown;
        text->capacity = capacity;
    }
    memset(text->data + text->size, 0, padded);
    if (size != 0) memcpy(text->data + text->size, data, size);
    text->size += padded;
}

static struct inherit_header *header_of(struct inherit_text *text)
{
    return (struct inherit_header *)text->data;
}

void inherit_begin(struct inherit_text *text, const char *program)
{
    *text = (struct inherit_text){};
    struct inherit_header header = {.magic = INHERIT_MAGIC,
                                    .program_size = (uint32_t)strlen(program) + 1};
    append(text, &header, sizeof header);
    append(text, program, header.program_size);
    if (!text->failed) header_of(text)->size = (uint32_t)text->size;
}

void inherit_add_file(struct inherit_text *text, const struct inherit_file *file, const char *path)
{
    struct inherit_file entry = *file;
    entry.path_size = path == nullptr ? 0 : (uint32_t)strlen(path) + 1;
    append(text, &entry, sizeof entry);
    append(text, path, entry.path_size);
    if (text->failed) return;
    header_of(text)->file_count++;
    header_of(text)->size = (uint32_t)text->size;
}

void inherit_add_descriptor(struct inherit_text *text, const struct inherit_descriptor *entry)
{
    append(text, entry, sizeof *entry);
    if (text->failed) return;
    header_of(text)->descriptor_count++;
    header_of(text)->size = (uint32_t)text->size;
}

static const void *take(struct inherit_reader *reader, size_t size)
{
    size_t padded = (size + 7) & ~(size_t)7, left = (size_t)(reader->end - reader->at);
    if (left < size || left < padded) return nullptr; // 32 bits may come round
    const void *data = reader->at;
    reader->at += padded;
    return data;
}

// A string of `size` bytes, whose last is NUL; nullptr when it is none.
static const char *take_text(struct inherit_reader *reader, size_t size)
{
    const char *text = take(reader, size);
    return text != nullptr && size != 0 && text[size - 1] == '\0' ? text : nullptr;
}

// Whether there is room for as many as the header says.
static bool has_room(const struct inherit_reader *reader)
{
    const struct inherit_header *header = &reader->header;
    uint64_t left = (uint64_t)(reader->end - reader->at);
    return (uint64_t)header->file_count * sizeof(struct inherit_file) +
               (uint64_t)header->descriptor_count * sizeof(struct inherit_descriptor) <=
           left;
}

bool inherit_is_marked(const void *data, size_t size)
{
    uint32_t magic;
    if (size < sizeof magic) return false;
    memcpy(&magic, data, sizeof magic);
    return magic == INHERIT_MAGIC;
}

bool inherit_open(struct inherit_reader *reader, const void *data, size_t size)
{
    *reader = (struct inherit_reader){.at = data, .end = (const uint8_t *)data + size};
    const void *header = take(reader, sizeof reader->header);
    if (header == nullptr) return false;
    memcpy(&reader->header, header, sizeof reader->header);
    if (!inherit_is_marked(data, size) || reader->header.size > size) return false;
    reader->program = take_text(reader, reader->header.program_size);
    return reader->program != nullptr && has_room(reader);
}

bool inherit_next_file(struct inherit_reader *reader, struct inherit_file *file, const char **path)
{
    if (reader->header.file_count == 0) return false;
    const void *entry = take(reader, sizeof *file);
    if (entry == nullptr) return false;
    memcpy(file, entry, sizeof *file);
    *path = file->path_size == 0 ? nullptr : take_text(reader, file->path_size);
    if (file->path_size != 0 && *path == nullptr) return false;
    reader->header.file_count--;
    return true;
}

bool inherit_next_descriptor(struct inherit_reader *reader, struct inherit_descriptor *entry)
{
    if (reader->header.file_count != 0 || reader->header.descriptor_count == 0) return false;
    const void *data = take(reader, sizeof *entry);
    if (data == nullptr) return false;
    memcpy(entry, data, sizeof *entry);
    reader->header.descriptor_count--;
    return true;
}
