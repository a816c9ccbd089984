// SPDX-License-Identifier: MIT
// unmount: takes away what bind or mount put at a place of the namespace. See unmount(1).
#include <errno.h>
#include <names/names.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    if (count < 2 || count > 3 || arguments[1][0] == '-') {
        fputs("usage: unmount [old] new\n", stderr);
        return 2;
    }
    const char *path = arguments[count - 1];
    if (names_unmount(count == 3 ? arguments[1] : nullptr, path) == 0) return 0;
    if (errno == EINVAL)
        fprintf(stderr, "unmount: %s: nothing is mounted there%s\n", path,
                count == 3 ? " by that name" : "");
    else
        fprintf(stderr, "unmount: %s: %m\n", path);
    return 1;
}
