// SPDX-License-Identifier: MIT
// A page with the names in a folder.

#include "httpd.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

void text_print_escaped(FILE *to, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '&': fputs("&amp;", to); break;
        case '"': fputs("&quot;", to); break;
        default: fputc(*text, to);
        }
    }
}

static void link_print(FILE *to, const char *name, bool is_folder)
{
    static const char plain[] =
        "-_.~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *end = is_folder ? "/" : "";
    fputs("<li><a href=\"./", to); // a colon in a name is no scheme then
    for (const char *at = name; *at; at++)
        fprintf(to, strchr(plain, *at) ? "%c" : "%%%02X", (unsigned char)*at);
    fprintf(to, "%s\">", end);
    text_print_escaped(to, name);
    fprintf(to, "%s</a>\n", end);
}

static int is_listed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

char *listing_make(const char *folder, const char *name, size_t *size)
{
    struct dirent **entries;
    char *text = nullptr;
    int count = scandir(folder, &entries, is_listed, alphasort);
    if (count < 0) return nullptr;
    FILE *page = open_memstream(&text, size);
    if (page) {
        fputs("<!doctype html><meta charset=\"utf-8\"><title>", page);
        text_print_escaped(page, name);
        fputs("</title><h1>", page);
        text_print_escaped(page, name);
        fputs("</h1><ul>\n", page);
        for (int i = 0; i < count; i++)
            link_print(page, entries[i]->d_name, entries[i]->d_type == DT_DIR);
        fputs("</ul>\n", page);
        if (fclose(page) != 0) free(text), text = nullptr;
    }
    for (int i = 0; i < count; i++) free(entries[i]);
    free(entries);
    return text;
}
