// SPDX-License-Identifier: MIT
// mount: a service at a place of the namespace; without arguments, what is mounted where; with a
// path, what it leads to. See mount(1).
#include <9p/mount.h>
#include <abi/syscalls.h>
#include <ferrite/namespace.h>
#include <names/names.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static void show(const char *path, uint64_t mount)
{
    struct statvfs info;
    printf("%-24s mount %llu", path, (unsigned long long)mount);
    if (statvfs(path, &info) == 0 && info.f_blocks != 0) {
        unsigned long long unit = info.f_frsize / 512;
        printf(", %llu of %llu KiB free", (unsigned long long)info.f_bavail * unit / 2,
               (unsigned long long)info.f_blocks * unit / 2);
    }
    putchar('\n');
}

static int show_path(const char *path)
{
    uint64_t mount;
    size_t length;
    uint32_t index = 0;
    while (fe_namespace_find(FE_NO_HANDLE, path, index, &mount, &length) == OK) {
        char prefix[4096];
        snprintf(prefix, sizeof prefix, "%.*s", length == 0 ? 1 : (int)length, path);
        show(prefix, mount);
        index++;
    }
    if (index != 0) return 0;
    fprintf(stderr, "mount: %s: nothing is mounted there\n", path);
    return 1;
}

// In the order in which they came.
static int show_all(void)
{
    struct p9_mounts mounts;
    int error = p9_mounts_read(fe_namespace_self(), &mounts);
    if (error != 0) {
        fprintf(stderr, "mount: %s\n", strerror(-error));
        return 1;
    }
    for (size_t i = 0; i < mounts.count; i++) {
        const struct p9_mount_entry *entry = &mounts.entry[i];
        show(*entry->path == '\0' ? "/" : entry->path, entry->mount);
    }
    p9_mounts_free(&mounts);
    return 0;
}

int main(int count, char **arguments)
{
    uint32_t flags = MOUNT_REPLACE;
    int option;
    bool is_good = true;
    while ((option = getopt(count, arguments, "abc")) != -1)
        is_good = is_good && names_option(option, &flags);
    char **word = arguments + optind;
    int left = count - optind;
    if (!is_good || left > 2 || (left < 2 && flags != 0) || (left == 1 && word[0][0] != '/')) {
        fputs("usage: mount [path]\n       mount [-b | -a] [-c] service path\n", stderr);
        return 2;
    }
    if (left == 0) return show_all();
    if (left == 1) return show_path(word[0]);
    if (names_mount(word[0], word[1], flags) == 0) return 0;
    fprintf(stderr, "mount: %s at %s: %m\n", word[0], word[1]);
    return 1;
}
