// SPDX-License-Identifier: MIT
#include "kernel/initrd.h"
#include "kernel/object/trust.h"
#include "test/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char archive[4096];
static size_t used;

static void add(const char *name, const char *content)
{
    used += (size_t)snprintf(archive + used, sizeof archive - used,
                             "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s", 1,
                             0100644, 0, 0, 1, 0, (unsigned)strlen(content), 0, 0, 0, 0,
                             (unsigned)strlen(name) + 1, 0, name) +
            1;
    used = (used + 3) & ~3ul;
    memcpy(archive + used, content, strlen(content));
    used = (used + strlen(content) + 3) & ~3ul;
}

static struct initrd make(void)
{
    memset(archive, 0, sizeof archive);
    used = 0;
    add("bin", "");
    add("bin/one", "first");
    add("service/init", "the image");
    add("TRAILER!!!", "");
    return (struct initrd){(const uint8_t *)archive, used};
}

static enum status find(const struct initrd *initrd, const char *name, const char *content)
{
    const uint8_t *file;
    size_t size;
    TRY(initrd_find(initrd, name, &file, &size));
    return size == strlen(content) && memcmp(file, content, size) == 0 ? OK : ERR_IO;
}

TEST("files are found by their whole name")
{
    struct initrd initrd = make();
    EXPECT(find(&initrd, "bin/one", "first") == OK);
    EXPECT(find(&initrd, "service/init", "the image") == OK);
    EXPECT(find(&initrd, "service/ini", "") == ERR_NOT_FOUND);
}

TEST("every truncation is refused, and nothing beyond the end is read")
{
    struct initrd whole = make();
    for (size_t size = 0; size < whole.size; size++) {
        uint8_t *copy = malloc(size);
        memcpy(copy, archive, size);
        struct initrd cut = {copy, size};
        EXPECT(find(&cut, "nowhere", "") != OK && find(&cut, "nowhere", "") != ERR_NOT_FOUND);
        free(copy);
    }
}

TEST("damaged headers never lead astray")
{
    for (size_t at = 0; at < 120; at++) {
        for (int value = 0; value < 256; value += 5) {
            struct initrd initrd = make();
            uint8_t *copy = malloc(initrd.size);
            memcpy(copy, archive, initrd.size);
            copy[at] = (uint8_t)value;
            struct initrd damaged = {copy, initrd.size};
            (void)find(&damaged, "service/init", "the image");
            free(copy);
        }
    }
}

TEST("an archive without a trailer, or with a false one, is refused")
{
    static uint8_t bytes[4096 + sizeof(struct initrd_trailer)];
    struct initrd_trailer trailer = {.magic = "FEINITR", .archive_size = 4096};
    struct initrd initrd;
    EXPECT(initrd_open(bytes, 10, &initrd) == ERR_IMAGE_TRUNCATED);
    EXPECT(initrd_open(bytes, sizeof bytes, &initrd) == ERR_IMAGE_UNSIGNED);
    memcpy(trailer.magic, "FEINITRD", 8);
    trailer.archive_size = 4095;
    memcpy(bytes + 4096, &trailer, sizeof trailer);
    EXPECT(initrd_open(bytes, sizeof bytes, &initrd) == ERR_IMAGE_TRUNCATED);
    trailer.archive_size = 4096;
    memcpy(bytes + 4096, &trailer, sizeof trailer);
    EXPECT(initrd_open(bytes, sizeof bytes, &initrd) == ERR_IMAGE_UNTRUSTED);
    memcpy(trailer.key, trust_roots[0].key, sizeof trailer.key);
    memcpy(bytes + 4096, &trailer, sizeof trailer);
    EXPECT(initrd_open(bytes, sizeof bytes, &initrd) == ERR_IMAGE_SIGNATURE);
}
