// SPDX-License-Identifier: MIT
// The serial form of open files: what goes in comes out, and no cut or changed byte leads outside.
#include "inherit.h"
#include "test/unit.h"
#include <stdlib.h>
#include <string.h>

static void write_sample(struct inherit_text *text)
{
    inherit_begin(text, "/bin/sh");
    inherit_add_file(text, &(struct inherit_file){.session = 0, .fid = 3, .qid_kind = 4}, nullptr);
    inherit_add_file(text, &(struct inherit_file){.session = 1, .fid = 9, .flags = 1}, "/tmp/log");
    inherit_add_descriptor(text, &(struct inherit_descriptor){0, 0});
    inherit_add_descriptor(text, &(struct inherit_descriptor){1, 1});
    inherit_add_descriptor(text, &(struct inherit_descriptor){2, 1});
}

TEST("files and descriptors come back in order")
{
    struct inherit_text text;
    struct inherit_reader reader;
    struct inherit_file file;
    struct inherit_descriptor descriptor;
    const char *path;
    write_sample(&text);
    EXPECT(!text.failed);
    EXPECT(inherit_open(&reader, text.data, text.size));
    EXPECT(strcmp(reader.program, "/bin/sh") == 0);
    EXPECT(inherit_next_file(&reader, &file, &path));
    EXPECT(file.fid == 3 && path == nullptr && file.qid_kind == 4);
    EXPECT(!inherit_next_descriptor(&reader, &descriptor));
    EXPECT(inherit_next_file(&reader, &file, &path));
    EXPECT(file.session == 1 && strcmp(path, "/tmp/log") == 0);
    EXPECT(!inherit_next_file(&reader, &file, &path));
    for (uint32_t i = 0; i < 3; i++) {
        EXPECT(inherit_next_descriptor(&reader, &descriptor));
        EXPECT(descriptor.number == i && descriptor.file == (i > 0));
    }
    EXPECT(!inherit_next_descriptor(&reader, &descriptor));
    free(text.data);
}

// Reads all that can be read of a copy of exactly `size` bytes, so that the sanitizer sees any step
// outside.
static void read_all(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    memcpy(copy, data, size);
    struct inherit_reader reader;
    struct inherit_file file;
    struct inherit_descriptor descriptor;
    const char *path;
    if (inherit_open(&reader, copy, size)) {
        while (inherit_next_file(&reader, &file, &path)) {
            if (path != nullptr) EXPECT(strlen(path) < size);
        }
        while (inherit_next_descriptor(&reader, &descriptor)) continue;
    }
    free(copy);
}

TEST("a cut or changed form never leads outside of it")
{
    struct inherit_text text;
    write_sample(&text);
    for (size_t size = 0; size <= text.size; size++) EXPECT_ALL(read_all(text.data, size));
    for (size_t i = 0; i < text.size * 8; i++) {
        text.data[i / 8] ^= (uint8_t)(1u << i % 8);
        EXPECT_ALL(read_all(text.data, text.size));
        text.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    free(text.data);
}

TEST("a damaged form still says to be one, and what others leave in a start block does not")
{
    struct inherit_text text;
    struct inherit_reader reader;
    write_sample(&text);
    EXPECT(inherit_is_marked(text.data, text.size));
    EXPECT(inherit_is_marked(text.data, text.size - 1));
    EXPECT(!inherit_open(&reader, text.data, text.size - 1));
    EXPECT(inherit_is_marked(text.data, 4) && !inherit_open(&reader, text.data, 4));
    EXPECT(!inherit_is_marked(text.data, 3));
    text.data[0] ^= 1;
    EXPECT(!inherit_is_marked(text.data, text.size));
    free(text.data);
}

TEST("a form that says to have more files or descriptors than it has room for is none")
{
    struct inherit_text text;
    struct inherit_reader reader;
    write_sample(&text);
    struct inherit_header *header = (struct inherit_header *)(void *)text.data;
    header->file_count = UINT32_MAX;
    EXPECT(!inherit_open(&reader, text.data, text.size));
    header->file_count = 3;
    EXPECT(!inherit_open(&reader, text.data, text.size));
    header->file_count = 2;
    EXPECT(inherit_open(&reader, text.data, text.size));
    header->descriptor_count = UINT32_MAX;
    EXPECT(!inherit_open(&reader, text.data, text.size));
    free(text.data);
}
