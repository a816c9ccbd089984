// SPDX-License-Identifier: MIT
// Feeds the device manager's reader of match files with any text. One that it takes drives
// something by words of the text, of limits that there may be; one that it does not take is told by
// its line.
#define _GNU_SOURCE
#include "service/device/match.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void must(bool condition)
{
    if (!condition) abort();
}

static void word_check(const char *word, const char *text, size_t size)
{
    must(*word != '\0' && strpbrk(word, " \t\r\n#") == nullptr);
    must(memmem(text, size, word, strlen(word)) != nullptr);
}

static void driver_check(const struct driver *driver, const char *text, size_t size)
{
    must(strcmp(driver->program, "program") == 0 && driver->matches != nullptr);
    must(driver->priority < PRIORITY_COUNT && driver->memory_limit <= 1ull << 40);
    must(driver->watchdog == 0 || (driver->watchdog >= WATCHDOG_LEAST * 1'000'000ull &&
                                   driver->watchdog <= 1'000'000'000'000));
    word_check(driver->name, text, size);
    for (const struct driver_match *at = driver->matches; at; at = at->next) {
        word_check(at->bus, text, size);
        word_check(at->id, text, size);
    }
}

// It is found for what it drives, by the most specific identifier that it names, and for no other.
static void find_check(struct driver *driver)
{
    struct device device = {};
    driver_list = driver;
    must(driver_find(&device) == nullptr);
    for (const struct driver_match *at = driver->matches; at; at = at->next) {
        memcpy(device.bus, at->bus, sizeof at->bus);
        memcpy(device.id, at->id, strlen(at->id) + 1);
        device.id[strlen(at->id) + 1] = '\0';
        must(driver_find(&device) == driver);
    }
    memcpy(device.bus, "no bus", 7);
    must(driver_find(&device) == nullptr);
    driver_list = nullptr;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint32_t line, lines = 1;
    char *text = malloc(size); // of its own size, so that reading past the end is seen
    memcpy(text, input, size);
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    struct driver *driver = driver_parse("program", text, size, &line);
    must(line <= lines);
    if (driver != nullptr) {
        driver_check(driver, text, size);
        find_check(driver);
        driver_free(driver);
    }
    free(text);
    return 0;
}
