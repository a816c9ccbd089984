// SPDX-License-Identifier: MIT
// Tests of what is signed of an archive.
#include <abi/manifest.h>
#include <cpio/initrd.h>
#include <stdio.h>
#include <string.h>
#include "test/unit.h"

enum : size_t { IMAGE = 200, VOUCHED = IMAGE - MACHO_SIGNATURE_SIZE };

static uint8_t archive[4096];
static size_t used, image_at, text_at;

static size_t add(const char *name, const uint8_t *data, size_t size)
{
    used += (size_t)sprintf(
        (char *)archive + used, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1,
        0100644, 0, 0, 1, 7, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
    strcpy((char *)archive + used, name);
    used = (used + strlen(name) + 1 + 3) & ~(size_t)3;
    size_t at = used;
    if (size > 0) memcpy(archive + used, data, size);
    used = (used + size + 3) & ~(size_t)3;
    return at;
}

static void build(void)
{
    uint8_t image[IMAGE] = {0xcf, 0xfa, 0xed, 0xfe, 1};
    memset(archive, 0, sizeof archive);
    used = 0;
    image_at = add("bin/tool", image, sizeof image);
    text_at = add("etc/motd", (const uint8_t *)"hello", 5);
    add("TRAILER!!!", nullptr, 0);
}

struct sum {
    struct initrd_reader reader;
    uint64_t value;
    size_t size;
};

static void take(struct initrd_reader *self, const void *bytes, size_t size)
{
    struct sum *sum = (struct sum *)self;
    for (size_t i = 0; i < size; i++)
        sum->value = (sum->value ^ ((const uint8_t *)bytes)[i]) * 0x100'0000'01b3;
    sum->size += size;
}

static bool sum_of(const uint8_t *bytes, size_t size, struct sum *sum)
{
    *sum = (struct sum){.reader = {take}, .value = 0xcbf2'9ce4'8422'2325};
    return initrd_read_signed(bytes, size, &sum->reader);
}

TEST("all but what images' own signatures vouch for is signed")
{
    struct sum whole, changed;
    build();
    EXPECT(sum_of(archive, used, &whole) && whole.size == used - VOUCHED + 2 * sizeof(uint64_t));
    for (size_t at = 0; at < used; at++) {
        archive[at] ^= 1;
        bool is_vouched = at >= image_at + 4 && at < image_at + VOUCHED;
        bool is_same = sum_of(archive, used, &changed) && changed.value == whole.value;
        EXPECT(is_same == is_vouched);
        archive[at] ^= 1;
    }
}

TEST("only what begins as an image and has room for a signature is one")
{
    build();
    EXPECT(initrd_vouched(archive + image_at, IMAGE) == VOUCHED);
    EXPECT(initrd_vouched(archive + text_at, 5) == 0);
    EXPECT(initrd_vouched(archive + image_at, 95) == 0);
    EXPECT(initrd_vouched(archive + image_at, 96) == 32);
    EXPECT(initrd_vouched(archive + image_at + 1, IMAGE - 1) == 0);
}

TEST("a file that takes an image's place is not the same to the signature")
{
    struct sum image, data;
    build();
    EXPECT(sum_of(archive, used, &image));
    // What was told behind the image's size, as the bytes of a file that is none.
    memmove(archive + image_at, archive + image_at + VOUCHED, used - image_at - VOUCHED);
    bool is_read = sum_of(archive, used, &data);
    EXPECT(!is_read || data.value != image.value);
}

TEST("a malformed archive is told of")
{
    struct sum sum;
    build();
    EXPECT(!sum_of(archive, text_at, &sum));
    EXPECT(!sum_of(archive, 0, &sum));
}
