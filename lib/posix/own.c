// SPDX-License-Identifier: MIT
// Names of open files.
#include "own.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text, long *number)
{
    char *end;
    if (*text < '0' || *text > '9') return false;
    *number = strtol(text, &end, 10);
    return *end == '\0';
}

[[gnu::noinline]] static bool is_of_dev(const char *name, long *number)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    if (strncmp(name + 5, "fd/", 3) == 0) return is_number(name + 8, number);
    for (*number = 0; *number < 3; ++*number)
        if (strcmp(name + 5, streams[*number]) == 0) return true;
    return false;
}

[[gnu::noinline]] static bool is_of_proc(const char *name, long *number)
{
    static const char prefix[] = "/proc/self/fd/";
    size_t size = sizeof prefix - 1;
    return strncmp(name, prefix, size) == 0 && is_number(name + size, number);
}

bool own_is_name(const char *name, long *number)
{
    if (name[0] != '/') return false;
    if (name[1] == 'p') return is_of_proc(name, number);
    // Most opens end here.
    if (name[1] != 'd' || name[2] != 'e' || name[3] != 'v' || name[4] != '/') return false;
    return (name[5] == 'f' || name[5] == 's') && is_of_dev(name, number);
}

static bool is_allowed(const struct file *file, int flags)
{
    int has = file->flags & O_ACCMODE, wanted = flags & O_ACCMODE;
    return (flags & O_PATH) || has == O_RDWR || has == wanted;
}

long own_open(long number, int flags)
{
    struct file *file = file_hold(number);
    if (file == nullptr) return -EBADF;
    if (is_allowed(file, flags)) return file_install(file, flags);
    file_put(file);
    return -EACCES;
}
