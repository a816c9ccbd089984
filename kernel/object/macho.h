// SPDX-License-Identifier: MIT
// The parser of the image format (abi/manifest.h): pure, strict, and fed with what anybody may have
// written. A well-formed file has exactly one reading, and every way to be malformed its status.
#pragma once

#include <abi/manifest.h>
#include <abi/status.h>
#include <stddef.h>

enum : uint64_t {
    MACHO_PAGE = 4096,
    MACHO_HEADER_MAX = MACHO_PAGE, // header and load commands, bytes
    MACHO_FILE_MAX = 256ull << 20, // bytes
    MACHO_MEMORY_MAX = 1ull << 30, // bytes of address space
};
enum : uint32_t { MACHO_SEGMENTS_MAX = 16 };

struct macho_view {
    uint64_t address, memory_size, file_offset, file_size; // whole pages
    uint32_t protection;                                   // MACHO_READ, ...
};

struct macho {
    struct macho_view segment[MACHO_SEGMENTS_MAX];
    uint32_t segment_count;
    uint64_t file_size, memory_size; // bytes; from address 0 to the end of the last segment
    uint64_t data;                   // address of the first segment that is written to, or the end
    uint64_t entry, stack_size;
    uint64_t signature_offset; // bytes before it are signed
    uint8_t uuid[16];
    uint8_t key[32];
    uint32_t object_kinds, resource_kinds, priority_ceiling;
    uint64_t memory_ceiling;
    uint32_t names_offset, names_size; // in the header; prefixes, each NUL-terminated
};

// Reads the `header_size` bytes at `header`, which are the first of a file of `file_size`; the rest
// of the file is not looked at. `cpu` is the machine's. ERR_IMAGE_*; says nothing about who signed
// it.
enum status macho_parse(const void *header, size_t header_size, uint64_t file_size, uint32_t cpu,
                        struct macho *macho);
