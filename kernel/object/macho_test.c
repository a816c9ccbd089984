// SPDX-License-Identifier: MIT
// One test for each way in which the parser refuses a file, each made from a good one by one
// change.
#include "kernel/object/macho.h"
#include "kernel/object/macho_sample.h"
#include "test/unit.h"
#include <abi/object.h>
#include <stdlib.h>
#include <string.h>

static struct macho macho;

static enum status parse(const struct sample *sample)
{
    return macho_parse(sample, MACHO_PAGE, FILE_SIZE, MACHO_CPU_ARM64, &macho);
}

#define REFUSES(sentence, change, status)                                                          \
    TEST(sentence)                                                                                 \
    {                                                                                              \
        struct sample sample = good();                                                             \
        change;                                                                                    \
        EXPECT(parse(&sample) == status);                                                          \
    }

TEST("a good image is read as it was written")
{
    struct sample sample = good();
    EXPECT(parse(&sample) == OK);
    EXPECT(macho.segment_count == 3 && macho.memory_size == 6 * MACHO_PAGE);
    EXPECT(macho.data == macho.segment[2].address);
    EXPECT(macho.segment[2].file_size == MACHO_PAGE &&
           macho.segment[2].memory_size == 4 * MACHO_PAGE);
    EXPECT(macho.entry == 0x10 && macho.signature_offset == SIGNATURE_AT);
    EXPECT(macho.key[0] == 9 && macho.uuid[2] == 3 && macho.priority_ceiling == 20);
    EXPECT(strcmp((char *)&sample + macho.names_offset, "/dev") == 0);
}

REFUSES("a file with another magic number", sample.header.magic ^= 2, ERR_IMAGE_FORMAT)
REFUSES("a 32-bit image", sample.header.magic = MACHO_MAGIC_32, ERR_IMAGE_ARCH)
REFUSES("an image for another CPU", sample.header.cpu_type = MACHO_CPU_X86_64, ERR_IMAGE_ARCH)
REFUSES("a CPU subtype", sample.header.cpu_subtype = 1, ERR_IMAGE_FORMAT)
REFUSES("what is not a program", sample.header.file_type = 6, ERR_IMAGE_FORMAT)
REFUSES("a program that is not position-independent", sample.header.flags = 1, ERR_IMAGE_FORMAT)
REFUSES("unknown header flags", sample.header.flags |= 8, ERR_IMAGE_FORMAT)
REFUSES("a reserved field that is used", sample.header.reserved = 1, ERR_IMAGE_FORMAT)
REFUSES("load commands that do not fit", sample.header.commands_size = MACHO_PAGE,
        ERR_IMAGE_TOO_LARGE)
REFUSES("absurdly many load commands", sample.header.command_count = UINT32_MAX, ERR_IMAGE_FORMAT)
REFUSES("fewer load commands than bytes of them", sample.header.command_count = 6, ERR_IMAGE_FORMAT)
REFUSES("an unknown load command", sample.uuid.command.command = 2, ERR_IMAGE_FORMAT)
REFUSES("a load command of no size", sample.uuid.command.size = 0, ERR_IMAGE_FORMAT)
REFUSES("a load command of an odd size", sample.uuid.command.size = 20, ERR_IMAGE_FORMAT)
REFUSES("a load command beyond the others", sample.signature.command.size = 0x10000,
        ERR_IMAGE_FORMAT)
REFUSES("two entries", memcpy(&sample.uuid, &sample.main, sizeof sample.main), ERR_IMAGE_FORMAT)
REFUSES("a command after the signature",
        memmove(&sample.main, &sample.signature, sizeof sample.signature), ERR_IMAGE_FORMAT)

REFUSES("a segment that is writable and executable",
        sample.text.protection = sample.text.maximum_protection = 7, ERR_IMAGE_PROTECTION)
REFUSES("a segment that may become more than it is", sample.text.maximum_protection = 7,
        ERR_IMAGE_PROTECTION)
REFUSES("a segment that cannot be read",
        sample.text.protection = sample.text.maximum_protection = MACHO_EXECUTABLE,
        ERR_IMAGE_PROTECTION)
REFUSES("an unknown protection", sample.data.protection = sample.data.maximum_protection = 11,
        ERR_IMAGE_PROTECTION)
REFUSES("a segment off the page", sample.data.address += 8, ERR_IMAGE_FORMAT)
REFUSES("a segment that is not of whole pages", sample.data.memory_size += 1, ERR_IMAGE_FORMAT)
REFUSES("bytes off the page", sample.data.file_offset += 16, ERR_IMAGE_FORMAT)
REFUSES("an empty segment", sample.constants.memory_size = 0, ERR_IMAGE_FORMAT)
REFUSES("more bytes than memory", sample.constants.file_size = 2 * MACHO_PAGE, ERR_IMAGE_FORMAT)
REFUSES("zeros behind constants", sample.constants.memory_size = 2 * MACHO_PAGE, ERR_IMAGE_FORMAT)
REFUSES("segments that overlap in memory", sample.constants.address = 0, ERR_IMAGE_OVERLAP)
REFUSES("segments that do not ascend", sample.data.address = 0, ERR_IMAGE_OVERLAP)
REFUSES("segments that overlap in the file", sample.constants.file_offset = MACHO_PAGE,
        ERR_IMAGE_OVERLAP)
REFUSES("a segment over the header", sample.text.file_offset = 0, ERR_IMAGE_OVERLAP)
REFUSES("a gap in the file", sample.data.file_offset += MACHO_PAGE;
        sample.data.file_size = 0, ERR_IMAGE_FORMAT)
REFUSES("a segment beyond the file's end", sample.data.file_offset = 1ull << 40,
        ERR_IMAGE_TRUNCATED)
REFUSES("a segment longer than the file", sample.data.file_size = sample.data.memory_size = 1 << 20,
        ERR_IMAGE_TRUNCATED)
REFUSES("a segment of an absurd size", sample.data.memory_size = ~(MACHO_PAGE - 1),
        ERR_IMAGE_TOO_LARGE)
REFUSES("a segment at an absurd address", sample.data.address = ~(MACHO_PAGE - 1),
        ERR_IMAGE_TOO_LARGE)
REFUSES("a segment with sections", sample.data.section_count = 1, ERR_IMAGE_FORMAT)
REFUSES("a segment with flags", sample.data.flags = 1, ERR_IMAGE_FORMAT)

REFUSES("an entry in data", sample.main.entry_offset = 2 * MACHO_PAGE, ERR_IMAGE_FORMAT)
REFUSES("an entry outside", sample.main.entry_offset = UINT64_MAX, ERR_IMAGE_FORMAT)
REFUSES("a stack of an absurd size", sample.main.stack_size = UINT64_MAX, ERR_IMAGE_TOO_LARGE)

REFUSES("an unknown kind of object", sample.entitlement.object_kinds = 1u << 31, ERR_IMAGE_FORMAT)
REFUSES("an unknown kind of resource", sample.entitlement.resource_kinds = 1u << 31,
        ERR_IMAGE_FORMAT)
REFUSES("a priority that does not exist", sample.entitlement.priority_ceiling = PRIORITY_COUNT,
        ERR_IMAGE_FORMAT)
REFUSES("a name that is not a path", sample.names[0] = 'd', ERR_IMAGE_FORMAT)
REFUSES("a name without end", memset(sample.names, '/', 16), ERR_IMAGE_FORMAT)
REFUSES("names beyond their command", sample.entitlement.names_size = 17, ERR_IMAGE_FORMAT)

REFUSES("a signature elsewhere", sample.signature.file_offset += 16, ERR_IMAGE_FORMAT)

TEST("an image without a signature")
{
    struct sample sample = good();
    sample.header.command_count--;
    sample.header.commands_size -= sizeof sample.signature;
    EXPECT(parse(&sample) == ERR_IMAGE_UNSIGNED);
}

TEST("an image without an entry")
{
    struct sample sample = good();
    sample.header.command_count--;
    sample.header.commands_size -= sizeof sample.main;
    memmove(&sample.main, &sample.uuid, (size_t)((char *)sample.rest - (char *)&sample.uuid));
    EXPECT(parse(&sample) == ERR_IMAGE_FORMAT);
}

TEST("a file that ends anywhere too early, or goes on")
{
    struct sample sample = good();
    for (uint64_t size = 0; size < FILE_SIZE; size += size < 4096 ? 1 : 61) {
        size_t known = size < MACHO_PAGE ? size : MACHO_PAGE;
        uint8_t *exact = malloc(known ? known : 1); // so that reading further is noticed
        memcpy(exact, &sample, known);
        enum status status = macho_parse(exact, known, size, MACHO_CPU_ARM64, &macho);
        free(exact);
        EXPECT(status == ERR_IMAGE_TRUNCATED);
    }
    EXPECT(macho_parse(&sample, MACHO_PAGE, FILE_SIZE + 1, MACHO_CPU_ARM64, &macho) ==
           ERR_IMAGE_FORMAT);
    EXPECT(macho_parse(&sample, MACHO_PAGE, MACHO_FILE_MAX + 1, MACHO_CPU_ARM64, &macho) ==
           ERR_IMAGE_TOO_LARGE);
}

TEST("one flipped bit anywhere never reads outside and never gives a W+X segment")
{
    for (size_t bit = 0; bit < offsetof(struct sample, rest) * 8; bit++) {
        struct sample sample = good();
        ((uint8_t *)&sample)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (parse(&sample) != OK) continue;
        for (uint32_t i = 0; i < macho.segment_count; i++)
            EXPECT((macho.segment[i].protection & 6) != 6);
    }
}
