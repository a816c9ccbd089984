// SPDX-License-Identifier: MIT
// Tests of lexical paths.
#include <ferrite/path.h>
#include <string.h>
#include "test/unit.h"

static bool resolves(const char *directory, const char *path, const char *expected)
{
    char to[64];
    size_t length;
    if (fe_path_resolve(directory, path, to, sizeof to, &length) != OK) return false;
    return strcmp(to, expected) == 0 && length == strlen(expected);
}

TEST("an absolute path ignores the directory")
{
    EXPECT(resolves("/home/user", "/etc//passwd/", "/etc/passwd"));
    EXPECT(resolves("/home/user", "/", "/"));
}

TEST("a relative path goes on from the directory")
{
    EXPECT(resolves("/home/user", "a/./b", "/home/user/a/b"));
    EXPECT(resolves("/", "a", "/a"));
    EXPECT(resolves("/a", ".", "/a"));
}

TEST("dot-dot goes up as text and stops at the root")
{
    EXPECT(resolves("/home/user", "..", "/home"));
    EXPECT(resolves("/home/user", "../../../..", "/"));
    EXPECT(resolves("/", "a/b/../../c", "/c"));
    EXPECT(resolves("/", "...", "/..."));
}

TEST("a path that does not fit, or is empty, is refused")
{
    char small[8];
    EXPECT(fe_path_resolve("/", "abcdefg", small, sizeof small, nullptr) == ERR_TOO_LARGE);
    EXPECT(fe_path_resolve("/", "abcdef", small, sizeof small, nullptr) == OK);
    EXPECT(fe_path_resolve("/", "", small, sizeof small, nullptr) == ERR_NOT_FOUND);
    EXPECT(strcmp(fe_path_last("/a/bc"), "bc") == 0);
}

TEST("every path comes out clean, whatever slashes and dots it has")
{
    static const char *const pieces[] = {"/", "//", ".", "..", "a", "..b", ".c", "d."};
    enum { PIECES = sizeof pieces / sizeof *pieces, ALL = PIECES * PIECES * PIECES * PIECES };
    for (size_t i = 0; i < ALL; i++) {
        char path[32] = "", to[64];
        size_t length, rest = i;
        for (int at = 0; at < 4; at++, rest /= PIECES) strcat(path, pieces[rest % PIECES]);
        EXPECT(fe_path_resolve("/x/y", path, to, sizeof to, &length) == OK);
        EXPECT(length == strlen(to) && to[0] == '/' && strstr(to, "//") == nullptr);
        EXPECT(length == 1 || to[length - 1] != '/');
        EXPECT(strstr(to, "/./") == nullptr && strstr(to, "/../") == nullptr);
        EXPECT(length < 2 || strcmp(to + length - 2, "/.") != 0);
        EXPECT(length < 3 || strcmp(to + length - 3, "/..") != 0);
    }
}
