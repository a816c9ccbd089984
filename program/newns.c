// SPDX-License-Identifier: MIT
// newns: adds what the namespace files say to the namespace that it runs in, and becomes a program,
// if one is named. Login runs it as the user, before the shell: a file that hangs or lies harms
// nobody else. See newns(1).
#include <errno.h>
#include <ferrite/namespace.h>
#include <names/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_failed;

static int usage(void)
{
    fputs("usage: newns [-f file]... [program [argument]...]\n", stderr);
    return 2;
}

static void complain(const char *file, unsigned line)
{
    has_failed = true;
    if (line == 0)
        fprintf(stderr, "newns: %s: %m\n", file);
    else
        fprintf(stderr, "newns: %s: line %u: %m\n", file, line);
}

static char *read_whole(const char *path)
{
    char *text = nullptr;
    size_t capacity = 0;
    FILE *file = fopen(path, "re");
    if (file == nullptr) return nullptr;
    ssize_t size = getdelim(&text, &capacity, '\0', file);
    if (size < 0 && !ferror(file)) { // it is empty
        free(text);
        text = strdup("");
    } else if (size < 0) {
        free(text);
        text = nullptr;
    }
    fclose(file);
    return text;
}

static const char *after_lines(const char *text, unsigned count)
{
    for (; count > 0 && *text != '\0'; count--) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return text;
}

// Every line that cannot be done is told, and the others are done.
static void run_file(const char *path, bool is_wanted)
{
    const struct names_place place = {.from = fe_namespace_self(), .to = fe_namespace_self()};
    unsigned line, before = 0;
    char *text = read_whole(path);
    if (text == nullptr) {
        if (is_wanted || errno != ENOENT) complain(path, 0);
        return;
    }
    for (const char *rest = text; names_run(rest, &place, &line) != 0;) {
        complain(path, before + line);
        before += line;
        rest = after_lines(rest, line);
    }
    free(text);
}

static void run_usual(void)
{
    char own[FE_PATH_MAX];
    const char *home = getenv("HOME");
    run_file("/lib/namespace", false);
    if (home == nullptr ||
        (size_t)snprintf(own, sizeof own, "%s/lib/namespace", home) >= sizeof own)
        return;
    run_file(own, false);
}

int main(int count, char **arguments)
{
    int option;
    bool has_files = false;
    while ((option = getopt(count, arguments, "+f:")) != -1) {
        if (option != 'f') return usage();
        run_file(optarg, true);
        has_files = true;
    }
    if (!has_files) run_usual();
    if (optind == count) return has_failed;
    execvp(arguments[optind], arguments + optind);
    int error = errno;
    fprintf(stderr, "newns: %s: %m\n", arguments[optind]);
    return error == ENOENT ? 127 : 126;
}
