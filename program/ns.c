// SPDX-License-Identifier: MIT
// ns: prints a namespace as the commands that make it. See ns(1).
#include <9p/mount.h>
#include <ferrite/namespace.h>
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: ns\n", stderr);
        return 2;
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
