// SPDX-License-Identifier: MIT
// Whether some disk or partition has a volume with a label: `volume LABEL` ends with 0 when there
// is one, and with 1 when there is none. A unit's condition (unit(5)), so that a file system's
// server is loaded only where it has something to serve.
#include <ferrite/log.h>
#include <ferrite/path.h>
#include <volume/find.h>

int main(int count, char **arguments)
{
    char path[FE_PATH_MAX];
    if (count != 2) {
        fe_log("usage: volume LABEL");
        return 2;
    }
    return volume_find(arguments[1], path, sizeof path) == 0 ? 0 : 1;
}
