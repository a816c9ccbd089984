// SPDX-License-Identifier: MIT
// The parser. It walks the load commands once; what depends on several of them is checked at the
// end. All sums are of numbers that were checked against small limits before, so nothing overflows.
#include "kernel/object/macho.h"
#include "kernel/string.h"
#include <abi/object.h>

enum found : uint32_t {
    FOUND_MAIN = 1u << 0,
    FOUND_UUID = 1u << 1,
    FOUND_ENTITLEMENT = 1u << 2,
    FOUND_SIGNATURE = 1u << 3,
};

struct parse {
    const uint8_t *bytes;
    uint64_t file_size;
    uint64_t next_offset; // where the next segment's bytes must begin
    struct macho *macho;
    uint32_t found;
};

static bool is_paged(uint64_t value)
{
    return value % MACHO_PAGE == 0;
}

static enum status header_check(const struct macho_header_64 *header, uint64_t file_size,
                                uint32_t cpu)
{
    if (file_size < sizeof header->magic) return ERR_IMAGE_TRUNCATED;
    if (header->magic == MACHO_MAGIC_32) return ERR_IMAGE_ARCH;
    if (header->magic != MACHO_MAGIC_64) return ERR_IMAGE_FORMAT;
    if (file_size < sizeof *header) return ERR_IMAGE_TRUNCATED;
    if (header->cpu_type != cpu) return ERR_IMAGE_ARCH;
    if (header->cpu_subtype != 0 || header->file_type != MACHO_EXECUTE || header->reserved != 0)
        return ERR_IMAGE_FORMAT;
    if (header->flags != (MACHO_PIE | MACHO_NO_UNDEFINED)) return ERR_IMAGE_FORMAT;
    if (file_size > MACHO_FILE_MAX) return ERR_IMAGE_TOO_LARGE;
    if (header->commands_size > MACHO_HEADER_MAX - sizeof *header) return ERR_IMAGE_TOO_LARGE;
    if (header->commands_size > file_size - sizeof *header) return ERR_IMAGE_TRUNCATED;
    return OK;
}

static enum status segment_sizes(const struct macho_segment_64 *segment, const struct parse *parse)
{
    if (!is_paged(segment->address) || !is_paged(segment->memory_size) ||
        !is_paged(segment->file_offset) || !is_paged(segment->file_size))
        return ERR_IMAGE_FORMAT;
    if (segment->memory_size == 0 || segment->file_size > segment->memory_size)
        return ERR_IMAGE_FORMAT;
    if (segment->address > MACHO_MEMORY_MAX ||
        segment->memory_size > MACHO_MEMORY_MAX - segment->address)
        return ERR_IMAGE_TOO_LARGE;
    if (segment->address < parse->macho->memory_size) return ERR_IMAGE_OVERLAP;
    if (segment->file_size == 0) return segment->file_offset == 0 ? OK : ERR_IMAGE_FORMAT;
    if (segment->file_offset > parse->file_size ||
        segment->file_size > parse->file_size - segment->file_offset)
        return ERR_IMAGE_TRUNCATED;
    if (segment->file_offset < parse->next_offset) return ERR_IMAGE_OVERLAP;
    return segment->file_offset == parse->next_offset ? OK : ERR_IMAGE_FORMAT;
}

static enum status segment_read(struct parse *parse, const struct macho_segment_64 *segment)
{
    struct macho *macho = parse->macho;
    uint32_t protection = segment->protection;
    if (macho->segment_count == MACHO_SEGMENTS_MAX) return ERR_IMAGE_TOO_LARGE;
    if (segment->section_count != 0 || segment->flags != 0) return ERR_IMAGE_FORMAT;
    if (protection != segment->maximum_protection) return ERR_IMAGE_PROTECTION;
    if (protection & ~(MACHO_READ | MACHO_WRITE | MACHO_EXECUTABLE)) return ERR_IMAGE_PROTECTION;
    if (!(protection & MACHO_READ)) return ERR_IMAGE_PROTECTION;
    if (protection & MACHO_WRITE && protection & MACHO_EXECUTABLE) return ERR_IMAGE_PROTECTION;
    TRY(segment_sizes(segment, parse));
    // What is not in the file is zeros, which only data has.
    if (segment->file_size < segment->memory_size && !(protection & MACHO_WRITE))
        return ERR_IMAGE_FORMAT;
    macho->segment[macho->segment_count++] = (struct macho_view){
        .address = segment->address,
        .memory_size = segment->memory_size,
        .file_offset = segment->file_offset,
        .file_size = segment->file_size,
        .protection = protection,
    };
    macho->memory_size = segment->address + segment->memory_size;
    if (macho->data == 0 && protection & MACHO_WRITE) macho->data = segment->address;
    parse->next_offset += segment->file_size;
    return OK;
}

// Prefixes are absolute paths; each ends with a NUL, and only NULs that fill up to 8 bytes follow
// the last.
static bool names_are_sane(const char *names, uint32_t size)
{
    uint32_t at = 0;
    while (at < size && names[at] != 0) {
        if (names[at] != '/') return false;
        while (at < size && names[at] != 0) at++;
        if (at++ == size) return false;
    }
    return true;
}

static enum status entitlement_read(struct parse *parse,
                                    const struct macho_entitlement *entitlement)
{
    struct macho *macho = parse->macho;
    const char *names = (const char *)(entitlement + 1);
    uint32_t room = entitlement->command.size - (uint32_t)sizeof *entitlement;
    if (entitlement->names_size > room || room - entitlement->names_size >= 8)
        return ERR_IMAGE_FORMAT;
    if (!names_are_sane(names, room)) return ERR_IMAGE_FORMAT;
    if (entitlement->object_kinds >> OBJECT_TYPE_COUNT || entitlement->object_kinds & 1)
        return ERR_IMAGE_FORMAT;
    if (entitlement->resource_kinds >> RESOURCE_KIND_COUNT) return ERR_IMAGE_FORMAT;
    if (entitlement->priority_ceiling >= PRIORITY_COUNT) return ERR_IMAGE_FORMAT;
    macho->object_kinds = entitlement->object_kinds;
    macho->resource_kinds = entitlement->resource_kinds;
    macho->memory_ceiling = entitlement->memory_ceiling;
    macho->priority_ceiling = entitlement->priority_ceiling;
    macho->names_offset = (uint32_t)((const uint8_t *)names - parse->bytes);
    macho->names_size = entitlement->names_size;
    return OK;
}

// Commands of one kind that may be there once, and their smallest size; the entitlement's may be
// larger.
static uint32_t size_of(uint32_t command)
{
    switch (command) {
    case MACHO_SEGMENT_64: return sizeof(struct macho_segment_64);
    case MACHO_MAIN: return sizeof(struct macho_main);
    case MACHO_UUID: return sizeof(struct macho_uuid);
    case MACHO_FERRITE_ENTITLEMENT: return sizeof(struct macho_entitlement);
    case MACHO_FERRITE_SIGNATURE: return sizeof(struct macho_signature);
    default: return 0;
    }
}

static enum status once(struct parse *parse, enum found what)
{
    if (parse->found & what) return ERR_IMAGE_FORMAT;
    parse->found |= what;
    return OK;
}

static enum status command_read(struct parse *parse, const void *at)
{
    const struct macho_command *command = at;
    struct macho *macho = parse->macho;
    switch (command->command) {
    case MACHO_SEGMENT_64: return segment_read(parse, at);
    case MACHO_MAIN:
        TRY(once(parse, FOUND_MAIN));
        macho->entry = ((const struct macho_main *)at)->entry_offset;
        macho->stack_size = ((const struct macho_main *)at)->stack_size;
        return macho->stack_size > MACHO_MEMORY_MAX ? ERR_IMAGE_TOO_LARGE : OK;
    case MACHO_UUID:
        TRY(once(parse, FOUND_UUID));
        memcpy(macho->uuid, ((const struct macho_uuid *)at)->uuid, sizeof macho->uuid);
        return OK;
    case MACHO_FERRITE_ENTITLEMENT:
        TRY(once(parse, FOUND_ENTITLEMENT));
        return entitlement_read(parse, at);
    default:
        TRY(once(parse, FOUND_SIGNATURE));
        macho->signature_offset = ((const struct macho_signature *)at)->file_offset;
        memcpy(macho->key, ((const struct macho_signature *)at)->key, sizeof macho->key);
        return OK;
    }
}

static bool entry_is_code(const struct macho *macho)
{
    for (uint32_t i = 0; i < macho->segment_count; i++) {
        const struct macho_view *segment = &macho->segment[i];
        if (segment->protection & MACHO_EXECUTABLE && macho->entry >= segment->address &&
            macho->entry - segment->address < segment->memory_size)
            return true;
    }
    return false;
}

static enum status whole_check(const struct parse *parse)
{
    struct macho *macho = parse->macho;
    if (!(parse->found & FOUND_MAIN) || !(parse->found & FOUND_ENTITLEMENT))
        return ERR_IMAGE_FORMAT;
    if (!entry_is_code(macho)) return ERR_IMAGE_FORMAT;
    if (!(parse->found & FOUND_SIGNATURE)) return ERR_IMAGE_UNSIGNED;
    if (macho->signature_offset != parse->next_offset) return ERR_IMAGE_FORMAT;
    if (macho->data == 0) macho->data = macho->memory_size;
    uint64_t end = macho->signature_offset + MACHO_SIGNATURE_SIZE;
    if (parse->file_size < end) return ERR_IMAGE_TRUNCATED;
    return parse->file_size == end ? OK : ERR_IMAGE_FORMAT;
}

enum status macho_parse(const void *header, size_t header_size, uint64_t file_size, uint32_t cpu,
                        struct macho *macho)
{
    struct macho_header_64 head = {0};
    memcpy(&head, header, header_size < sizeof head ? header_size : sizeof head);
    TRY(header_check(&head, file_size, cpu));
    uint64_t at = sizeof head, end = at + head.commands_size;
    if (end > header_size) return ERR_IMAGE_TRUNCATED;
    *macho = (struct macho){.file_size = file_size};
    struct parse parse = {header, file_size, MACHO_PAGE, macho, 0};
    for (uint32_t i = 0; i < head.command_count; i++) {
        struct macho_command command;
        if (end - at < sizeof command) return ERR_IMAGE_FORMAT;
        memcpy(&command, parse.bytes + at, sizeof command);
        uint32_t size = size_of(command.command);
        bool exact = command.command != MACHO_FERRITE_ENTITLEMENT;
        if (size == 0 || command.size % 8 != 0 || command.size > end - at) return ERR_IMAGE_FORMAT;
        if (exact ? command.size != size : command.size < size) return ERR_IMAGE_FORMAT;
        if (parse.found & FOUND_SIGNATURE) return ERR_IMAGE_FORMAT; // it is the last
        TRY(command_read(&parse, parse.bytes + at));
        at += command.size;
    }
    if (at != end) return ERR_IMAGE_FORMAT;
    return whole_check(&parse);
}
