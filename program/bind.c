// SPDX-License-Identifier: MIT
// bind: makes a file or folder appear at another place of the namespace as well, instead of what is
// there or before or after it. See bind(1).
#include <names/names.h>
#include <stdio.h>
#include <unistd.h>

static int usage(void)
{
    fputs("usage: bind [-b | -a] [-c] old new\n", stderr);
    return 2;
}

int main(int count, char **arguments)
{
    uint32_t flags = MOUNT_REPLACE;
    int option;
    while ((option = getopt(count, arguments, "abc")) != -1) {
        if (!names_option(option, &flags)) return usage();
    }
    if (count - optind != 2) return usage();
    if (names_bind(arguments[optind], arguments[optind + 1], flags) == 0) return 0;
    fprintf(stderr, "bind: %s at %s: %m\n", arguments[optind], arguments[optind + 1]);
    return 1;
}
