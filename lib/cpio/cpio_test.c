// SPDX-License-Identifier: MIT
// Tests of the archive reader.
#include <cpio/cpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "test/unit.h"

static uint8_t archive[4096];
static size_t used;

static void add(const char *name, uint32_t mode, const char *data)
{
    size_t size = strlen(data);
    used += (size_t)sprintf((char *)archive + used,
                            "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode,
                            0, 0, 1, 7, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0);
    strcpy((char *)archive + used, name);
    used = (used + strlen(name) + 1 + 3) & ~(size_t)3;
    memcpy(archive + used, data, size);
    used = (used + size + 3) & ~(size_t)3;
}

static void build(void)
{
    memset(archive, 0, sizeof archive);
    used = 0;
    add("bin", 040755, "");
    add("/bin/tool", 0100755, "bytes");
    add("etc/empty", 0100644, "");
    add("TRAILER!!!", 0, "");
}

TEST("entries come in order with their bytes")
{
    struct cpio cpio;
    struct cpio_entry entry;
    build();
    cpio_open(&cpio, archive, used);
    EXPECT(cpio_next(&cpio, &entry) == OK && strcmp(entry.name, "bin") == 0);
    EXPECT(cpio_next(&cpio, &entry) == OK && strcmp(entry.name, "bin/tool") == 0);
    EXPECT(entry.mode == 0100755 && entry.size == 5 && entry.modify_time == 7);
    EXPECT(memcmp(archive + entry.offset, "bytes", 5) == 0);
    EXPECT(cpio_next(&cpio, &entry) == OK);
    EXPECT(cpio_next(&cpio, &entry) == ERR_NOT_FOUND);
    EXPECT(cpio_find(archive, used, "etc/empty", &entry) == OK);
    EXPECT(cpio_find(archive, used, "etc", &entry) == ERR_NOT_FOUND);
}

TEST("a cut or changed archive is refused without reading outside of it")
{
    build();
    for (size_t size = 0; size < used; size++) {
        struct cpio cpio;
        struct cpio_entry entry;
        uint8_t *copy = malloc(size + 1);
        memcpy(copy, archive, size);
        cpio_open(&cpio, copy, size);
        enum status status;
        do {
            status = cpio_next(&cpio, &entry);
        } while (status == OK);
        free(copy);
        EXPECT(status == ERR_BAD_MESSAGE || size + 4 > used);
    }
    for (size_t at = 0; at < used; at++) {
        uint8_t saved = archive[at];
        struct cpio cpio;
        struct cpio_entry entry;
        archive[at] ^= 0x15;
        cpio_open(&cpio, archive, used);
        for (int i = 0; i < 10 && cpio_next(&cpio, &entry) == OK; i++) {
            EXPECT(entry.offset + entry.size <= used);
        }
        archive[at] = saved;
    }
}
