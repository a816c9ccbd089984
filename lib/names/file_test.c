// SPDX-License-Identifier: MIT
// Namespace files: what their lines say, whatever ends them.
#include "test/unit.h"

#include "file.c"

#include <stdio.h>

static char done[200]; // each command's words, between bars

void p9_namespace_set(fe_handle name_space) {}

int names_find(fe_handle name_space, const char *service, struct p9_parts *parts)
{
    size_t size = strlen(done);
    *parts = (struct p9_parts){};
    snprintf(done + size, sizeof done - size, "|%s", service);
    return 0;
}

int p9_parts_mount(const struct p9_parts *parts, const char *path, uint32_t flags)
{
    size_t size = strlen(done);
    snprintf(done + size, sizeof done - size, "|%s|", path);
    return 0;
}

void p9_parts_free(struct p9_parts *parts) {}

int p9_bind(const char *old, const char *new_path, uint32_t flags)
{
    size_t size = strlen(done);
    snprintf(done + size, sizeof done - size, "|%s|%s|", old, new_path);
    return 0;
}

int p9_unmount(const char *source, const char *path)
{
    size_t size = strlen(done);
    snprintf(done + size, sizeof done - size, "|%s|%s|", source ? source : "", path);
    return 0;
}

static const char *run(const char *text)
{
    unsigned line;
    const struct names_place place = {.from = 1, .to = 2};
    done[0] = '\0';
    return names_run(text, &place, &line) == 0 ? done : nullptr;
}

static bool is_same(const char *text, const char *wanted)
{
    const char *got = run(text);
    return got != nullptr && strcmp(got, wanted) == 0;
}

TEST("lines that end by \\r\\n say what those do that end by \\n")
{
    EXPECT(is_same("bind /a /b\nunmount /c\n\nmount /srv/d /e\n", "|/a|/b|||/c||/srv/d|/e|"));
    EXPECT(
        is_same("bind /a /b\r\nunmount /c\r\n\r\nmount /srv/d /e\r\n", "|/a|/b|||/c||/srv/d|/e|"));
    EXPECT(is_same("bind /a /b\r", "|/a|/b|"));
}

TEST("what is quoted stays in its word")
{
    EXPECT(is_same("bind '/a b\r' /b\\\r", "|/a b\r|/b\r|"));
    EXPECT(is_same("bind '/it'\\''s' /b # of two\r\n", "|/it's|/b|"));
    EXPECT(run("bind '/a /b\r\n") == nullptr);
}
