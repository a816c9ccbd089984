// SPDX-License-Identifier: MIT
// A good archive for fuzzers to begin with: two files and the trailer (cpio(5), newc).
#pragma once

#include <stdio.h>
#include <string.h>

static void archive_entry(FILE *file, const char *name, const char *content)
{
    size_t size = strlen(content), name_size = strlen(name) + 1;
    fprintf(file, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s%c", 1, 0100644, 0,
            0, 1, 0, size, 0, 0, 0, 0, name_size, 0, name, 0);
    for (size_t at = 110 + name_size; at % 4 != 0; at++) fputc(0, file);
    fputs(content, file);
    for (; size % 4 != 0; size++) fputc(0, file);
}

// Into the folder of inputs, which is the last argument.
static void archive_write(int count, char **arguments)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/good", arguments[count - 1]);
    FILE *file = count > 1 ? fopen(path, "wb") : nullptr;
    if (file == nullptr) return;
    archive_entry(file, "etc/motd", "hello");
    archive_entry(file, "service/init", "an image");
    archive_entry(file, "TRAILER!!!", "");
    fclose(file);
}
