// SPDX-License-Identifier: MIT
// Namespace files (namespace(5)): a command on each line, in the words that ns(1) prints.
#include "internal.h"

#include <9p/client.h>
#include <9p/mount.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { LINE_LONGEST = 4096, WORDS_MOST = 8 };

struct line {
    char text[LINE_LONGEST]; // the words, each ended by NUL
    size_t size;
    char *word[WORDS_MOST];
    size_t count;
    bool is_bad;
};

static void put(struct line *line, const char *text, size_t size)
{
    if (size >= sizeof line->text - line->size) {
        line->is_bad = true;
        return;
    }
    memcpy(line->text + line->size, text, size);
    line->size += size;
}

// "$name", or "$$" for itself; gives what follows.
static const char *put_variable(struct line *line, const char *at)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    char name[64];
    size_t size = strspn(at, letters);
    if (size == 0 || size >= sizeof name) {
        line->is_bad = true;
        return at;
    }
    memcpy(name, at, size);
    name[size] = '\0';
    const char *value = getenv(name);
    if (value == nullptr)
        line->is_bad = true;
    else
        put(line, value, strlen(value));
    return at + size;
}

// Lines may end as elsewhere, by \r\n.
static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

// One word, quoted as for a shell by '' or \.
static const char *read_word(struct line *line, const char *at, const char *end)
{
    bool is_quoted = false;
    while (at < end && (is_quoted || !is_blank(*at))) {
        if (*at == '\'') {
            is_quoted = !is_quoted;
            at++;
        } else if (!is_quoted && *at == '$') {
            at = put_variable(line, at + 1);
            if (line->is_bad) return end;
        } else {
            if (!is_quoted && *at == '\\' && at + 1 < end) at++;
            put(line, at++, 1);
        }
    }
    if (is_quoted) line->is_bad = true;
    put(line, "", 1);
    return at;
}

static void read_line(struct line *line, const char *at, const char *end)
{
    for (;;) {
        while (at < end && is_blank(*at)) at++;
        if (at == end || *at == '#') return;
        if (line->count == WORDS_MOST) line->is_bad = true;
        if (line->is_bad) return;
        line->word[line->count++] = line->text + line->size;
        at = read_word(line, at, end);
    }
}

// Where a name is found depends on the command; where it goes is always the new table.
static int mount(char *const *word, uint32_t flags, const struct names_place *place)
{
    struct p9_parts parts;
    int result = names_find(place->from, word[0], &parts);
    p9_namespace_set(place->to);
    if (result != 0) return result;
    result = p9_parts_mount(&parts, word[1], flags);
    p9_parts_free(&parts);
    return result;
}

static int run_command(const struct line *line, const struct names_place *where)
{
    uint32_t flags = MOUNT_REPLACE;
    size_t at = 1;
    const char *command = line->word[0];
    for (; at < line->count && line->word[at][0] == '-'; at++) {
        for (const char *option = line->word[at] + 1; *option != '\0'; option++) {
            if (!names_option(*option, &flags)) return -EINVAL;
        }
    }
    size_t left = line->count - at;
    char *const *word = line->word + at;
    bool is_mount = strcmp(command, "mount") == 0;
    if (is_mount || strcmp(command, "bind") == 0) {
        if (left != 2) return -EINVAL;
        if (is_mount) return mount(word, flags, where);
        p9_namespace_set(where->to);
        return p9_bind(word[0], word[1], flags);
    }
    p9_namespace_set(where->to);
    if (strcmp(command, "unmount") != 0 || flags != 0 || left == 0 || left > 2) return -EINVAL;
    return p9_unmount(left == 2 ? word[0] : nullptr, word[left - 1]);
}

int names_run(const char *text, const struct names_place *place, unsigned *number)
{
    int result = 0;
    static struct line line;
    *number = 0;
    while (*text != '\0' && result == 0) {
        size_t size = strcspn(text, "\n");
        line = (struct line){};
        read_line(&line, text, text + size);
        ++*number;
        if (line.is_bad) result = -EINVAL;
        if (line.count != 0 && result == 0) result = run_command(&line, place);
        text += size + (text[size] == '\n');
    }
    p9_namespace_set(FE_NO_HANDLE);
    if (result == 0) return 0;
    errno = -result;
    return -1;
}
