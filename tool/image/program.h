// SPDX-License-Identifier: MIT
// A program between its two formats: what tool/image takes out of an ELF file and writes as an
// image.
#pragma once

#include <abi/manifest.h>
#include <stddef.h>
#include <support/file.h>

enum : uint64_t { IMAGE_PAGE = 4096 };

struct segment {
    uint64_t address, memory_size; // whole pages
    uint32_t protection;
    uint64_t lead; // zero bytes before `bytes`: they do not begin on a page
    const uint8_t *bytes;
    uint64_t size;
};

struct program {
    uint32_t cpu_type;
    uint64_t entry;
    uint64_t stack_size;
    uint8_t uuid[16];
    struct segment *segments; // ascending
    size_t segment_count;
    struct buffer names; // of the entitlement
    struct macho_entitlement entitlement;
};

// elf.c: complains about everything that an image cannot express.
void elf_read(const char *path, const struct file *file, struct program *program);

// apart.c: where data is not at a fixed distance from text, changes the instructions that reach it.
void data_set_apart(const char *path, struct file *file);

// entitlement.c: adds what the words, separated by spaces, ask for; without words, the default.
void entitlement_parse(const char *words, struct program *program);
void entitlement_print(const struct macho_entitlement *entitlement, const char *names);

// list.c
void image_list(const char *path);
