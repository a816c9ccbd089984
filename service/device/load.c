// SPDX-License-Identifier: MIT
// Reading the match files of a folder (driver.h).
#include "driver.h"

#include <ferrite/log.h>
#include <9p/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { FILE_MAX_SIZE = 16384 };

static void load(const char *folder, const char *file, size_t name_size)
{
    char path[512], program[64];
    char *text = malloc(FILE_MAX_SIZE);
    struct p9_file *open = nullptr;
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    snprintf(program, sizeof(program), "%.*s", (int)name_size, file);
    int error = text == nullptr ? -1 : p9_open(path, OPEN_READ, 0, &open);
    int64_t size = error != 0 ? error : p9_read(open, 0, text, FILE_MAX_SIZE);
    p9_close(open);
    uint32_t line = 0;
    struct driver *driver = size < 0 ? nullptr : driver_parse(program, text, (size_t)size, &line);
    free(text);
    if (driver == nullptr) {
        fe_log("%s:%u: not a match file", path, line);
        return;
    }
    struct driver **last = &driver_list;
    while (*last != nullptr) last = &(*last)->next;
    *last = driver;
}

// The entries of one reply to readdir.
static void load_entries(const char *folder, const uint8_t *entries, size_t size)
{
    static const char ending[] = ".match";
    size_t tail = sizeof(ending) - 1;
    while (size >= sizeof(struct fe_9p_entry)) {
        struct fe_9p_entry entry;
        memcpy(&entry, entries, sizeof(entry));
        size_t step = (sizeof(entry) + entry.name_size + 7) & ~(size_t)7;
        if (step > size) return;
        char name[256];
        snprintf(name, sizeof(name), "%.*s", entry.name_size,
                 (const char *)entries + sizeof(entry));
        size_t length = strlen(name);
        if (length > tail && strcmp(name + length - tail, ending) == 0)
            load(folder, name, length - tail);
        entries += step;
        size -= step;
    }
}

int driver_load_all(const char *folder)
{
    struct p9_file *directory;
    int error = p9_open(folder, OPEN_READ | OPEN_DIRECTORY, 0, &directory);
    if (error != 0) return error;
    uint8_t entries[4096];
    int64_t size;
    while ((size = p9_readdir(directory, FE_9P_POSITION, entries, sizeof(entries))) > 0)
        load_entries(folder, entries, (size_t)size);
    p9_close(directory);
    return (int)size;
}
