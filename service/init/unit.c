// SPDX-License-Identifier: MIT
// Reading unit files.
#include "unit.h"

#include <ferrite/libc.h>
#include <ferrite/log.h>

static bool words_add(struct words *words, const char *text, size_t size)
{
    char **list = realloc(words->word, (words->count + 2) * sizeof *list);
    if (list == nullptr) return false;
    words->word = list;
    list[words->count] = strndup(text, size);
    list[words->count + 1] = nullptr;
    if (list[words->count] == nullptr) return false;
    words->count++;
    return true;
}

static void words_free(struct words *words)
{
    for (uint32_t i = 0; i < words->count; i++) free(words->word[i]);
    free(words->word);
    *words = (struct words){};
}

static bool words_move(struct words *to, struct words *from)
{
    for (uint32_t i = 1; i < from->count; i++) {
        if (!words_add(to, from->word[i], strlen(from->word[i]))) return false;
    }
    return from->count > 1;
}

// Splits a line; nullptr word list when memory is short.
static bool split(const char *line, size_t size, struct words *words)
{
    size_t at = 0;
    *words = (struct words){};
    while (at < size) {
        while (at < size && (line[at] == ' ' || line[at] == '\t')) at++;
        if (at == size || line[at] == '#') break;
        size_t start = at;
        while (at < size && line[at] != ' ' && line[at] != '\t') at++;
        if (!words_add(words, line + start, at - start)) return false;
    }
    return true;
}

static bool read_number(const struct words *words, uint64_t *number)
{
    if (words->count != 2) return false;
    *number = 0;
    for (const char *digit = words->word[1]; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || *number > 1'000'000) return false;
        *number = *number * 10 + (uint64_t)(*digit - '0');
    }
    return true;
}

static bool read_provision(struct unit *unit, const struct words *words)
{
    if (words->count < 3 || words->count > 4 || words->word[2][0] != '/') return false;
    uint32_t flags = MOUNT_REPLACE;
    if (words->count == 4) {
        if (strcmp(words->word[3], "before") == 0) {
            flags = MOUNT_BEFORE;
        } else if (strcmp(words->word[3], "after") == 0) {
            flags = MOUNT_AFTER;
        } else {
            return false;
        }
    }
    struct provision *list = realloc(unit->provisions, (unit->provision_count + 1) * sizeof *list);
    if (list == nullptr) return false;
    unit->provisions = list;
    list[unit->provision_count++] = (struct provision){
        .name = strdup(words->word[1]),
        .path = strdup(words->word[2]),
        .flags = flags,
    };
    return list[unit->provision_count - 1].name && list[unit->provision_count - 1].path;
}

// A path, or one with another by which it is seen; that one names a single thing.
static bool is_sight(const char *word)
{
    const char *other = strchr(word, '=');
    if (word[0] != '/') return false;
    return other == nullptr || (other[1] == '/' && strchr(word, '*') == nullptr);
}

static bool read_sights(struct unit *unit, struct words *words)
{
    for (uint32_t i = 1; i < words->count; i++) {
        if (!is_sight(words->word[i])) return false;
    }
    return words_move(&unit->sees, words);
}

static bool read_fallback(struct unit *unit, const struct words *words)
{
    if (words->count != 2 || unit->fallback != nullptr) return false;
    unit->fallback = strdup(words->word[1]);
    return unit->fallback != nullptr;
}

static bool read_choice(const struct words *words, const char *const *names, uint32_t *bits)
{
    *bits = 0;
    for (uint32_t i = 1; i < words->count; i++) {
        uint32_t at = 0;
        while (names[at] && strcmp(names[at], words->word[i]) != 0) at++;
        if (names[at] == nullptr) return false;
        *bits |= 1u << at;
    }
    return words->count > 1;
}

static bool read_line(struct unit *unit, struct words *words)
{
    static const char *const permissions[] = {"mount", "namespace", "power", "bind", nullptr};
    static const char *const policies[] = {"always", "failure", "never", nullptr};
    const char *key = words->word[0];
    uint64_t number;
    uint32_t bits;
    if (strcmp(key, "program") == 0) return words_move(&unit->program, words);
    if (strcmp(key, "if") == 0) return words_move(&unit->condition, words);
    if (strcmp(key, "needs") == 0) return words_move(&unit->needs, words);
    if (strcmp(key, "handle") == 0) return words_move(&unit->handles, words);
    if (strcmp(key, "environment") == 0) return words_move(&unit->environment, words);
    if (strcmp(key, "sees") == 0) return read_sights(unit, words);
    if (strcmp(key, "provides") == 0) return read_provision(unit, words);
    if (strcmp(key, "fallback") == 0) return read_fallback(unit, words);
    if (strcmp(key, "may") == 0) return read_choice(words, permissions, &unit->may);
    if (strcmp(key, "restart") == 0) {
        if (words->count != 2 || !read_choice(words, policies, &bits)) return false;
        unit->restart = (enum restart)__builtin_ctz(bits);
        return true;
    }
    if (strcmp(key, "ready") == 0) {
        unit->says_ready = words->count == 2 && strcmp(words->word[1], "told") == 0;
        return unit->says_ready;
    }
    if (strcmp(key, "state") == 0) {
        unit->is_kept = words->count == 2 && strcmp(words->word[1], "kept") == 0;
        return unit->is_kept;
    }
    if (!read_number(words, &number)) return false;
    if (strcmp(key, "priority") == 0 && number < PRIORITY_COUNT) {
        unit->priority = (uint32_t)number;
        return true;
    }
    if (strcmp(key, "memory") == 0) {
        unit->memory_limit = number << 20;
        return true;
    }
    if (strcmp(key, "watchdog") == 0 && number >= UNIT_WATCHDOG_LEAST) {
        unit->watchdog = number * 1'000'000;
        return true;
    }
    return false;
}

struct unit *unit_parse(const char *name, const char *text, size_t size, uint32_t *line)
{
    struct unit *unit = calloc(1, sizeof *unit);
    *line = 0;
    if (unit == nullptr) return nullptr;
    size_t length = strlen(name) < sizeof unit->name ? strlen(name) : sizeof unit->name - 1;
    memcpy(unit->name, name, length);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t line_size = end ? (size_t)(end - text) - at : size - at;
        struct words words;
        (*line)++;
        bool is_good =
            split(text + at, line_size, &words) && (words.count == 0 || read_line(unit, &words));
        words_free(&words);
        if (!is_good) {
            unit_free(unit);
            return nullptr;
        }
        at += line_size + 1;
    }
    if (unit->program.count > 0) return unit;
    unit_free(unit);
    return nullptr;
}

void unit_free(struct unit *unit)
{
    words_free(&unit->program);
    words_free(&unit->condition);
    words_free(&unit->needs);
    words_free(&unit->handles);
    words_free(&unit->environment);
    words_free(&unit->sees);
    for (uint32_t i = 0; i < unit->provision_count; i++) {
        free(unit->provisions[i].name);
        free(unit->provisions[i].path);
    }
    free(unit->provisions);
    free(unit->fallback);
    free(unit);
}

const char *unit_state_name(enum unit_state state)
{
    static const char *const names[] = {"waiting", "starting", "ready",
                                        "paused",  "ended",    "failed"};
    return names[state];
}
