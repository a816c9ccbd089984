// SPDX-License-Identifier: MIT
// bind: makes a file or folder appear at another place of the namespace as well, instead of what is
// there or before or after it. See bind(1).
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/namespace.h>
#include <ferrite/path.h>
#include <ferrite/status.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int usage(void)
{
    fputs("usage: bind [-b | -a] [-c] old new\n", stderr);
    return 2;
}

static bool resolve(const char *name, char *path)
{
    char directory[FE_PATH_MAX];
    if (getcwd(directory, sizeof directory) == nullptr) return false;
    return fe_path_resolve(directory, name, path, FE_PATH_MAX, nullptr) == OK;
}

// The connector behind `old`, and its path from there, which begins with the mount's own start.
static enum status find(const char *old, fe_handle *connector, char *start)
{
    uint64_t mount;
    size_t length, start_length;
    TRY(fe_namespace_find(FE_NO_HANDLE, old, 0, &mount, &length));
    TRY(fe_namespace_session(fe_namespace_self(), mount, start, FE_PATH_MAX - 1, connector,
                             &start_length));
    const char *rest = old + length;
    while (*rest == '/') rest++;
    size_t size = strlen(rest);
    if (start_length + 1 + size >= FE_PATH_MAX) return ERR_TOO_LARGE;
    if (start_length != 0 && size != 0) start[start_length++] = '/';
    memcpy(start + start_length, rest, size + 1);
    return OK;
}

int main(int count, char **arguments)
{
    uint32_t flags = MOUNT_REPLACE;
    int option;
    while ((option = getopt(count, arguments, "abc")) != -1) {
        if (option == '?') return usage();
        if (option == 'a') flags |= MOUNT_AFTER;
        if (option == 'b') flags |= MOUNT_BEFORE;
        if (option == 'c') flags |= MOUNT_CREATE;
    }
    if (count - optind != 2) return usage();
    char old[FE_PATH_MAX], new[FE_PATH_MAX], start[FE_PATH_MAX];
    if (!resolve(arguments[optind], old) || !resolve(arguments[optind + 1], new)) return usage();
    if (access(old, F_OK) != 0) {
        perror(old);
        return 1;
    }
    FE_HANDLE connector = FE_NO_HANDLE;
    uint64_t mount;
    enum status status = find(old, &connector, start);
    if (status == OK) {
        status = fe_namespace_attach(FE_NO_HANDLE, new, connector, start, flags, &mount);
    }
    if (status == OK) return 0;
    fprintf(stderr, "bind: %s at %s: %s\n", old, new, fe_status_text(status));
    return 1;
}
