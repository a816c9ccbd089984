// SPDX-License-Identifier: MIT
// The inspector: prints what an image says about itself. It checks no more than it needs to stay
// inside the file; whether the image is good is the kernel's to say.
#include "program.h"

#include <stdio.h>
#include <string.h>

static void segment_print(const struct macho_segment_64 *segment)
{
    printf("segment %-12.16s address %#9llx size %#9llx file %#9llx size %#9llx %c%c%c\n",
           segment->name, (unsigned long long)segment->address,
           (unsigned long long)segment->memory_size, (unsigned long long)segment->file_offset,
           (unsigned long long)segment->file_size, segment->protection & MACHO_READ ? 'r' : '-',
           segment->protection & MACHO_WRITE ? 'w' : '-',
           segment->protection & MACHO_EXECUTABLE ? 'x' : '-');
}

static void hex_print(const char *what, const uint8_t *bytes, size_t size)
{
    printf("%s ", what);
    for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
    putchar('\n');
}

static bool command_print(const struct macho_command *command)
{
    const void *at = command;
    switch (command->command) {
    case MACHO_SEGMENT_64:
        if (command->size < sizeof(struct macho_segment_64)) return false;
        segment_print(at);
        return true;
    case MACHO_MAIN:
        if (command->size < sizeof(struct macho_main)) return false;
        printf("entry %#llx stack %llu\n",
               (unsigned long long)((const struct macho_main *)at)->entry_offset,
               (unsigned long long)((const struct macho_main *)at)->stack_size);
        return true;
    case MACHO_UUID:
        if (command->size < sizeof(struct macho_uuid)) return false;
        hex_print("uuid", ((const struct macho_uuid *)at)->uuid, 16);
        return true;
    case MACHO_FERRITE_ENTITLEMENT: {
        const struct macho_entitlement *entitlement = at;
        const char *names = (const char *)(entitlement + 1);
        uint32_t room = command->size - (uint32_t)sizeof *entitlement;
        if (command->size < sizeof *entitlement || entitlement->names_size > room) return false;
        if (entitlement->names_size && names[entitlement->names_size - 1]) return false;
        entitlement_print(entitlement, names);
        return true;
    }
    case MACHO_FERRITE_SIGNATURE:
        if (command->size < sizeof(struct macho_signature)) return false;
        hex_print("signed by", ((const struct macho_signature *)at)->key, 32);
        return true;
    default: printf("command %#x, %u bytes\n", command->command, command->size); return true;
    }
}

void image_list(const char *path)
{
    struct file file = file_read(path);
    const struct macho_header_64 *header = (void *)file.bytes;
    if (file.size < sizeof *header || header->magic != MACHO_MAGIC_64)
        complain("%s: not an image", path);
    printf("%s: %zu bytes, cpu %#x, flags %#x, %u commands\n", path, file.size, header->cpu_type,
           header->flags, header->command_count);
    size_t at = sizeof *header;
    for (uint32_t i = 0; i < header->command_count; i++) {
        const struct macho_command *command = (void *)(file.bytes + at);
        if (file.size - at < sizeof *command || command->size < sizeof *command ||
            command->size > file.size - at || command->size % 8 || !command_print(command))
            complain("%s: load command %u is malformed", path, i);
        at += command->size;
    }
}
