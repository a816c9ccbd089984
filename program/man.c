// SPDX-License-Identifier: MIT
// man: shows a page of the manual, below /share/man, through a pager when there is a terminal. See
// man(1).
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char root[] = "/share/man";

// The first section that has the page, or the one that was asked for.
static bool find(const char *section, const char *name, char *path, size_t size)
{
    static const char *const sections[] = {"1", "2", "3", "4", "5", "6", "7", "8", nullptr};
    for (const char *const *at = sections; *at != nullptr; at++) {
        if (section != nullptr && strcmp(section, *at) != 0) continue;
        snprintf(path, size, "%s/%s/%s.md", root, *at, name);
        if (access(path, R_OK) == 0) return true;
    }
    return false;
}

static int list(void)
{
    DIR *folder = opendir(root);
    struct dirent *section;
    while (folder != nullptr && (section = readdir(folder)) != nullptr) {
        char path[300];
        if (section->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", root, section->d_name);
        DIR *pages = opendir(path);
        struct dirent *page;
        while (pages != nullptr && (page = readdir(pages)) != nullptr) {
            char *end = strstr(page->d_name, ".md");
            if (end != nullptr)
                printf("%.*s(%s)\n", (int)(end - page->d_name), page->d_name, section->d_name);
        }
        if (pages != nullptr) closedir(pages);
    }
    if (folder != nullptr) closedir(folder);
    return 0;
}

static int copy(const char *path)
{
    char buffer[4096];
    size_t count;
    FILE *file = fopen(path, "r");
    if (file == nullptr) {
        perror(path);
        return 1;
    }
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) fwrite(buffer, 1, count, stdout);
    fclose(file);
    return 0;
}

int main(int count, char **arguments)
{
    char path[300];
    if (count < 2 || count > 3) {
        fputs("usage: man [section] page\n       man -l\n", stderr);
        return 2;
    }
    if (strcmp(arguments[1], "-l") == 0) return list();
    const char *name = arguments[count - 1];
    if (!find(count == 3 ? arguments[1] : nullptr, name, path, sizeof path)) {
        fprintf(stderr, "man: there is no page on %s\n", name);
        return 1;
    }
    if (!isatty(1)) return copy(path);
    const char *pager = getenv("PAGER");
    execlp(pager != nullptr ? pager : "less", "man", path, nullptr);
    return copy(path);
}
