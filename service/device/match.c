// SPDX-License-Identifier: MIT
// Match files (driver.h): reading and looking up.
#include "driver.h"

#include <9p/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { LINE_MAX_SIZE = 256, FILE_MAX_SIZE = 16384 };

struct driver *driver_list;

void driver_free(struct driver *driver)
{
    while (driver->matches != nullptr) {
        struct driver_match *match = driver->matches;
        driver->matches = match->next;
        free(match);
    }
    free(driver);
}

static bool copy(char *to, size_t capacity, const char *from)
{
    size_t length = strlen(from);
    if (length == 0 || length >= capacity) return false;
    memcpy(to, from, length + 1);
    return true;
}

static bool add_match(struct driver *driver, const char *bus, const char *id)
{
    struct driver_match *match = calloc(1, sizeof(*match));
    if (match == nullptr) return false;
    if (bus == nullptr || id == nullptr || !copy(match->bus, sizeof(match->bus), bus) ||
        !copy(match->id, sizeof(match->id), id)) {
        free(match);
        return false;
    }
    struct driver_match **last = &driver->matches;
    while (*last != nullptr) last = &(*last)->next;
    *last = match;
    return true;
}

static bool number(const char *text, uint64_t most, uint64_t *value)
{
    char *end;
    if (text == nullptr) return false;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && end != text && *value <= most;
}

static bool parse_line(struct driver *driver, char *line)
{
    line[strcspn(line, "#")] = '\0';
    char *rest, *word = strtok_r(line, " \t\r", &rest);
    if (word == nullptr) return true;
    char *first = strtok_r(nullptr, " \t\r", &rest), *second = strtok_r(nullptr, " \t\r", &rest);
    uint64_t value = 0;
    if (strcmp(word, "match") == 0) return add_match(driver, first, second);
    if (second != nullptr || first == nullptr) return false;
    if (strcmp(word, "name") == 0) return copy(driver->name, sizeof(driver->name), first);
    if (strcmp(word, "priority") == 0) {
        if (!number(first, PRIORITY_COUNT - 1, &value)) return false;
        driver->priority = (uint32_t)value;
        return true;
    }
    if (strcmp(word, "memory") != 0 || !number(first, 1u << 20, &value)) return false;
    driver->memory_limit = value << 20;
    return true;
}

struct driver *driver_parse(const char *program, const char *text, size_t size, uint32_t *line)
{
    struct driver *driver = calloc(1, sizeof(*driver));
    *line = 0;
    if (driver == nullptr || !copy(driver->program, sizeof(driver->program), program)) {
        free(driver);
        return nullptr;
    }
    bool is_good = true;
    while (size != 0 && is_good) {
        const char *end = memchr(text, '\n', size);
        size_t length = end == nullptr ? size : (size_t)(end - text);
        char copied[LINE_MAX_SIZE];
        ++*line;
        is_good = length < sizeof(copied) && memchr(text, 0, length) == nullptr;
        if (!is_good) break;
        memcpy(copied, text, length);
        copied[length] = '\0';
        is_good = parse_line(driver, copied);
        size_t step = end == nullptr ? length : length + 1;
        text += step;
        size -= step;
    }
    if (is_good && driver->matches != nullptr && driver->name[0] != '\0') return driver;
    driver_free(driver);
    return nullptr;
}

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
        printf("device: %s:%u: not a match file\n", path, line);
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

static bool drives(const struct driver *driver, const struct device *device, const char *id)
{
    for (const struct driver_match *match = driver->matches; match != nullptr; match = match->next)
        if (strcmp(match->bus, device->bus) == 0 && strcmp(match->id, id) == 0) return true;
    return false;
}

struct driver *driver_find(const struct device *device)
{
    for (const char *id = device->id; *id != '\0'; id += strlen(id) + 1)
        for (struct driver *driver = driver_list; driver != nullptr; driver = driver->next)
            if (drives(driver, device, id)) return driver;
    return nullptr;
}
