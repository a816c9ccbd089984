// SPDX-License-Identifier: MIT
// Makes Ferrite's executable format out of a static position-independent ELF program:
//     image [--entitle WORDS] [--stack SIZE] ELF OUT
//     image --list FILE
// The header and the load commands have the first page of the file, with room for tool/sign to add
// the signature's; then come the segments' bytes in whole pages.
#include "program.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t pages(uint64_t size)
{
    return (size + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1);
}

static uint64_t segment_file_size(const struct segment *segment)
{
    return segment->size ? pages(segment->lead + segment->size) : 0;
}

static void segment_command(struct buffer *out, const struct segment *segment, uint64_t offset)
{
    static const char *const names[] = {"__CONST", "__DATA", "__TEXT"};
    struct macho_segment_64 command = {
        .command = {MACHO_SEGMENT_64, sizeof command},
        .address = segment->address,
        .memory_size = segment->memory_size,
        .file_offset = segment_file_size(segment) ? offset : 0,
        .file_size = segment_file_size(segment),
        .maximum_protection = segment->protection,
        .protection = segment->protection,
    };
    snprintf(command.name, sizeof command.name, "%s", names[segment->protection >> 1]);
    buffer_append(out, &command, sizeof command);
}

static struct buffer image_make(struct program *program)
{
    struct macho_entitlement *entitlement = &program->entitlement;
    buffer_align(&program->names, 8);
    entitlement->command = (struct macho_command){
        MACHO_FERRITE_ENTITLEMENT, (uint32_t)(sizeof *entitlement + program->names.size)};
    struct macho_header_64 header = {
        .magic = MACHO_MAGIC_64,
        .cpu_type = program->cpu_type,
        .file_type = MACHO_EXECUTE,
        .command_count = (uint32_t)program->segment_count + 3,
        .commands_size = (uint32_t)(program->segment_count * sizeof(struct macho_segment_64) +
                                    sizeof(struct macho_main) + sizeof(struct macho_uuid) +
                                    entitlement->command.size),
        .flags = MACHO_PIE | MACHO_NO_UNDEFINED,
    };
    struct buffer out = {0};
    buffer_append(&out, &header, sizeof header);
    uint64_t first = pages(sizeof header + header.commands_size + sizeof(struct macho_signature));
    if (first > IMAGE_PAGE) complain("header and load commands exceed a page");
    uint64_t offset = first;
    for (size_t i = 0; i < program->segment_count; i++) {
        segment_command(&out, &program->segments[i], offset);
        offset += segment_file_size(&program->segments[i]);
    }
    buffer_append(&out,
                  &(struct macho_main){
                      {MACHO_MAIN, sizeof(struct macho_main)}, program->entry, program->stack_size},
                  sizeof(struct macho_main));
    struct macho_uuid uuid = {.command = {MACHO_UUID, sizeof uuid}};
    memcpy(uuid.uuid, program->uuid, sizeof uuid.uuid);
    buffer_append(&out, &uuid, sizeof uuid);
    buffer_append(&out, entitlement, sizeof *entitlement);
    buffer_append(&out, program->names.bytes, program->names.size);
    buffer_zero(&out, first - out.size);
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct segment *segment = &program->segments[i];
        if (!segment->size) continue;
        buffer_zero(&out, segment->lead);
        buffer_append(&out, segment->bytes, segment->size);
        buffer_align(&out, IMAGE_PAGE);
    }
    return out;
}

int main(int count, char **arguments)
{
    tool_name = "image";
    static const struct option options[] = {
        {"entitle", required_argument, nullptr, 'e'},
        {"stack", required_argument, nullptr, 's'},
        {"list", required_argument, nullptr, 'l'},
        {0},
    };
    struct program program = {0};
    const char *words = "";
    for (int option; (option = getopt_long(count, arguments, "", options, nullptr)) != -1;) {
        switch (option) {
        case 'e': words = optarg; break;
        case 's': program.stack_size = size_parse(optarg); break;
        case 'l': image_list(optarg); return 0;
        default: return 1;
        }
    }
    if (count - optind != 2) complain("usage: image [--entitle WORDS] [--stack SIZE] ELF OUT");
    struct file file = file_read(arguments[optind]);
    data_set_apart(arguments[optind], &file);
    elf_read(arguments[optind], &file, &program);
    entitlement_parse(words, &program);
    struct buffer image = image_make(&program);
    file_write(arguments[optind + 1], image.bytes, image.size, 0755);
    return 0;
}
