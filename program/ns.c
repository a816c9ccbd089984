// SPDX-License-Identifier: MIT
// ns: prints a namespace, its own or a process's, as the commands that make it. See ns(1).
#include <9p/mount.h>
#include <ferrite/namespace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(const char *pid, size_t *size)
{
    char path[64], *text = nullptr;
    size_t capacity = 0;
    snprintf(path, sizeof path, "/proc/%s/ns", pid);
    FILE *file = fopen(path, "re");
    if (file == nullptr) return nullptr;
    ssize_t length = getdelim(&text, &capacity, '\0', file);
    *size = length < 0 ? 0 : (size_t)length; // of one that has ended
    bool is_good = ferror(file) == 0;
    fclose(file);
    if (is_good) return text;
    free(text);
    return nullptr;
}

int main(int count, char **arguments)
{
    if (count > 2 || (count == 2 && strspn(arguments[1], "0123456789") != strlen(arguments[1]))) {
        fputs("usage: ns [pid]\n", stderr);
        return 2;
    }
    size_t size;
    char *text =
        count == 2 ? text_of(arguments[1], &size) : p9_mount_text(fe_namespace_self(), &size);
    if (text == nullptr) {
        fprintf(stderr, "ns: the namespace cannot be read: %m\n");
        return 1;
    }
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}
