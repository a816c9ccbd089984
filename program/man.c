// SPDX-License-Identifier: MIT
// man: shows a page of the manual, below /share/man, as it is; or, when there is a terminal, filled
// to its width and through a pager. See man(1).
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

// --- Filling: words go to the next line where they would not fit ---

enum { ROW_INDENT = 4, CELL_INDENT = 8, ITEM_INDENT = 2 };

static FILE *out;
static int width = 79, column, indent;
static bool in_table;
static bool is_filling; // in a paragraph, which goes on with the next line

static void line_end(void)
{
    if (is_filling) fputc('\n', out);
    is_filling = false;
    column = indent = 0;
}

static void put_words(const char *text, size_t size)
{
    for (size_t at = 0, end; at < size; at = end) {
        while (at < size && isspace((unsigned char)text[at])) at++;
        for (end = at; end < size && !isspace((unsigned char)text[end]);) end++;
        if (end == at) break;
        int length = (int)(end - at);
        bool is_first = column <= indent;
        if (!is_first && column + 1 + length > width) {
            fputc('\n', out);
            column = 0;
            is_first = true;
        }
        if (column < indent) column += fprintf(out, "%*s", indent - column, "");
        column += fprintf(out, is_first ? "%.*s" : " %.*s", length, text + at);
        is_filling = true;
    }
}

// A row of a table: the first cell, then the others below it and further in. The heads are for
// readers of the file.
static void put_row(const char *row)
{
    if (row[1] == '-') return;
    indent = ROW_INDENT;
    for (const char *cell = row + 1, *end; (end = strchr(cell, '|')) != nullptr; cell = end + 1) {
        int now = indent;
        put_words(cell, (size_t)(end - cell));
        line_end();
        indent = now == ROW_INDENT ? CELL_INDENT : now;
    }
    line_end();
}

static void put_line(const char *line)
{
    size_t size = strlen(line);
    bool is_item = strncmp(line, "- ", 2) == 0;
    if (is_item || size == 0 || strchr("#|", line[0]) != nullptr || strncmp(line, "    ", 4) == 0)
        line_end();
    bool is_head = line[0] == '|' && !in_table;
    in_table = line[0] == '|';
    if (in_table) {
        if (!is_head) put_row(line);
    } else if (size == 0 || line[0] == '#' || strncmp(line, "    ", 4) == 0) {
        fprintf(out, "%s\n", line);
    } else {
        if (is_item) {
            put_words("-", 1);
            indent = ITEM_INDENT;
            line += 2;
        }
        put_words(line, strlen(line));
    }
}

static int show(const char *path, bool is_filled)
{
    char *line = nullptr;
    size_t capacity = 0;
    FILE *file = fopen(path, "r");
    if (file == nullptr) {
        perror(path);
        return 1;
    }
    for (ssize_t size; (size = getline(&line, &capacity, file)) > 0;) {
        if (is_filled && line[size - 1] == '\n') line[size - 1] = '\0';
        if (is_filled)
            put_line(line);
        else
            fputs(line, out);
    }
    line_end();
    free(line);
    fclose(file);
    return 0;
}

// Through the pager; without one, straight to the terminal.
static int page(const char *path)
{
    struct winsize size;
    const char *pager = getenv("PAGER");
    if (ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 2 * CELL_INDENT) width = size.ws_col - 1;
    FILE *to_pager = popen(pager != nullptr ? pager : "less", "w");
    if (to_pager != nullptr) out = to_pager;
    int result = show(path, true);
    return to_pager == nullptr || pclose(to_pager) == 0 ? result : 1;
}

int main(int count, char **arguments)
{
    char path[300];
    out = stdout;
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
    return isatty(1) ? page(path) : show(path, false);
}
