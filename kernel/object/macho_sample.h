// SPDX-License-Identifier: MIT
// A good image's first page, for the parser's unit tests and its fuzzer.
#pragma once

#include "kernel/object/macho.h"
#include <abi/object.h>

enum : uint64_t { SIGNATURE_AT = 4 * MACHO_PAGE, FILE_SIZE = SIGNATURE_AT + MACHO_SIGNATURE_SIZE };

// The first page of a file with text, constants and data; the parser never looks further.
struct sample {
    struct macho_header_64 header;
    struct macho_segment_64 text, constants, data;
    struct macho_main main;
    struct macho_uuid uuid;
    struct macho_entitlement entitlement;
    char names[16];
    struct macho_signature signature;
    uint8_t rest[2 * MACHO_PAGE];
};

static inline struct macho_segment_64 segment(uint64_t page, uint64_t pages, uint32_t protection)
{
    return (struct macho_segment_64){
        .command = {MACHO_SEGMENT_64, sizeof(struct macho_segment_64)},
        .address = (page - 1) * MACHO_PAGE,
        .memory_size = pages * MACHO_PAGE,
        .file_offset = page * MACHO_PAGE,
        .file_size = MACHO_PAGE,
        .maximum_protection = protection,
        .protection = protection,
    };
}

static inline struct sample good(void)
{
    return (struct sample){
        .header = {MACHO_MAGIC_64, MACHO_CPU_ARM64, 0, MACHO_EXECUTE, 7,
                   offsetof(struct sample, rest) - sizeof(struct macho_header_64),
                   MACHO_PIE | MACHO_NO_UNDEFINED, 0},
        .text = segment(1, 1, MACHO_READ | MACHO_EXECUTABLE),
        .constants = segment(2, 1, MACHO_READ),
        .data = segment(3, 4, MACHO_READ | MACHO_WRITE),
        .main = {{MACHO_MAIN, sizeof(struct macho_main)}, 0x10, 0},
        .uuid = {{MACHO_UUID, sizeof(struct macho_uuid)}, {1, 2, 3}},
        .entitlement = {{MACHO_FERRITE_ENTITLEMENT, sizeof(struct macho_entitlement) + 16},
                        1u << OBJECT_MEMORY,
                        0,
                        1 << 20,
                        20,
                        16},
        .names = "/dev\0/net",
        .signature = {{MACHO_FERRITE_SIGNATURE, sizeof(struct macho_signature)}, SIGNATURE_AT, {9}},
    };
}
