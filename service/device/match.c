// SPDX-License-Identifier: MIT
// Match files (driver.h): what one says, and which driver is for a device.
#include "driver.h"

#include <abi/saving.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { LINE_MAX_SIZE = 256, WATCHDOG_LEAST = 100 /* ms */ };

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
    if (text == nullptr || *text < '0' || *text > '9') return false;
    *value = strtoull(text, &end, 10);
    return *end == '\0' && *value <= most;
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
    if (strcmp(word, "watchdog") == 0) {
        if (!number(first, 1'000'000, &value) || value < WATCHDOG_LEAST) return false;
        driver->watchdog = value * 1'000'000;
        return true;
    }
    if (strcmp(word, "memory") != 0 || !number(first, 1u << 20, &value)) return false;
    driver->memory_limit = (value << 20) / FE_SAVING;
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
