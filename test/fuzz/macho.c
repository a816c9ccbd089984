// SPDX-License-Identifier: MIT
// Feeds the image parser with anything: the first bytes of the input are the file's size, the rest
// its first page. Whatever it accepts must hold what the kernel relies on when it maps segments.
#include "kernel/object/macho.c"
#include "kernel/object/macho_sample.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// A good image to begin with, in the folder of inputs, which is the last argument.
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/good", (*arguments)[*count - 1]);
    FILE *file = *count > 1 ? fopen(path, "wb") : nullptr;
    if (file == nullptr) return 0;
    struct sample sample = good();
    uint64_t size = FILE_SIZE;
    fwrite(&size, sizeof size, 1, file);
    fwrite(&sample, offsetof(struct sample, rest), 1, file);
    fclose(file);
    return 0;
}

static void must(bool condition)
{
    if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint64_t file_size; // eight bytes, so that the page after it is aligned
    struct macho macho;
    if (size < sizeof file_size) return 0;
    memcpy(&file_size, input, sizeof file_size);
    size_t known = size - sizeof file_size;
    if (known > MACHO_PAGE) known = MACHO_PAGE;
    if (known > file_size) known = file_size;
    if (macho_parse(input + sizeof file_size, known, file_size, MACHO_CPU_ARM64, &macho) != OK)
        return 0;
    uint64_t address = 0, offset = MACHO_PAGE;
    for (uint32_t i = 0; i < macho.segment_count; i++) {
        const struct macho_view *segment = &macho.segment[i];
        must(segment->address >= address && segment->memory_size >= segment->file_size);
        must((segment->protection & 6) != 6 && segment->protection & MACHO_READ);
        must(segment->file_size == 0 || segment->file_offset == offset);
        address = segment->address + segment->memory_size;
        offset += segment->file_size;
    }
    must(macho.memory_size == address && address <= MACHO_MEMORY_MAX);
    must(macho.signature_offset == offset && offset + MACHO_SIGNATURE_SIZE == file_size);
    must(macho.entry < address);
    return 0;
}
