// SPDX-License-Identifier: MIT
// Feeds init's reader of units with any text. One that it takes has a program, and of everything
// only what init can work with; one that it does not take is told by its line.
#include "service/init/unit.c"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void must(bool condition)
{
    if (!condition) abort();
}

static void words_check(const struct words *words)
{
    must((words->word == nullptr) == (words->count == 0));
    for (uint32_t i = 0; i < words->count; i++)
        must(words->word[i] != nullptr && strpbrk(words->word[i], " \t\n") == nullptr);
    if (words->word) must(words->word[words->count] == nullptr);
}

static void unit_check(const struct unit *unit)
{
    const struct words *const lists[] = {&unit->program, &unit->condition,   &unit->needs,
                                         &unit->handles, &unit->environment, &unit->sees};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) words_check(lists[i]);
    must(unit->program.count > 0 && unit->priority < PRIORITY_COUNT);
    must(unit->restart <= RESTART_NEVER && unit->may < 16);
    must(unit->watchdog == 0 || unit->watchdog >= UNIT_WATCHDOG_LEAST * 1'000'000);
    must(strlen(unit->name) < sizeof unit->name);
    for (uint32_t i = 0; i < unit->sees.count; i++) must(unit->sees.word[i][0] == '/');
    for (uint32_t i = 0; i < unit->provision_count; i++) {
        const struct provision *provision = &unit->provisions[i];
        must(provision->name && provision->path[0] == '/' && !provision->is_done);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint32_t line, lines = 0;
    char *text = malloc(size); // without a NUL behind it, so that nothing beyond is read
    memcpy(text, input, size);
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    struct unit *unit = unit_parse("a-name-that-is-longer-than-a-unit-can-have", text, size, &line);
    free(text);
    must(line <= lines + 1);
    if (unit == nullptr) return 0;
    unit_check(unit);
    unit_free(unit);
    return 0;
}
