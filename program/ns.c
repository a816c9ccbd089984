// SPDX-License-Identifier: MIT
// ns: prints a namespace as the commands that make it. See ns(1).
#include <9p/mount.h>
#include <ferrite/namespace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_file(const char *path)
{
    char buffer[4096];
    size_t size;
    FILE *file = fopen(path, "re");
    while (file != nullptr && (size = fread(buffer, 1, sizeof buffer, file)) > 0)
        fwrite(buffer, 1, size, stdout);
    bool is_good = file != nullptr && !ferror(file);
    if (!is_good) fprintf(stderr, "ns: %s: %m\n", path);
    if (file != nullptr) fclose(file);
    return is_good ? 0 : 1;
}

int main(int count, char **arguments)
{
    char path[64];
    if (count > 2 || (count == 2 && arguments[1][strspn(arguments[1], "0123456789")] != '\0')) {
        fputs("usage: ns [pid]\n", stderr);
        return 2;
    }
    if (count == 2) {
        snprintf(path, sizeof path, "/proc/%.20s/ns", arguments[1]);
        return print_file(path);
    }
    size_t size;
    char *text = p9_mount_text(fe_namespace_self(), &size);
    if (text == nullptr) {
        fputs("ns: the namespace cannot be read\n", stderr);
        return 1;
    }
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}
