// SPDX-License-Identifier: MIT
// Walks all that there is and reads the beginning of every file: see test/scenario/sight.py. What
// would wait is told, and left. Started with the folder and what is left out; prints a line for
// each file that waits, or fails in a way that a file may not, and then how many there were.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned folders, files, denied;
static const char *left_out; // by its name

static void wake(int) {}

// What a file may say that is not for this user, or not to be read.
static bool is_usual(int error)
{
    return error == EACCES || error == EPERM || error == ENXIO || error == EAGAIN ||
           error == EINVAL || error == ENOTCONN || error == ENOENT || error == EBUSY;
}

static void complain(const char *path, const char *what, int error)
{
    if (is_usual(error)) {
        denied++;
        return;
    }
    printf("%s %s: %s\n", error == EINTR ? "waits" : "fails", path,
           error == EINTR ? what : strerror(error));
}

static void read_file(const char *path)
{
    char bytes[4096];
    files++;
    alarm(2);
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) {
        complain(path, "open", errno);
    } else {
        if (read(file, bytes, sizeof bytes) < 0) complain(path, "read", errno);
        close(file);
    }
    alarm(0);
}

static void walk(const char *path, unsigned depth)
{
    char name[PATH_MAX];
    struct stat status;
    struct dirent *entry;
    DIR *folder = opendir(path);
    folders++;
    if (folder == nullptr) {
        complain(path, "open", errno);
        return;
    }
    while ((entry = readdir(folder)) != nullptr) {
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        const char *end = strcmp(path, "/") == 0 ? "" : path;
        if (strcmp(entry->d_name, left_out) == 0) continue;
        if (is_dots || snprintf(name, sizeof name, "%s/%s", end, entry->d_name) >= PATH_MAX)
            continue;
        if (lstat(name, &status) != 0) {
            complain(name, "stat", errno);
        } else if (S_ISDIR(status.st_mode)) {
            if (depth < 20) walk(name, depth + 1);
        } else if (!S_ISLNK(status.st_mode)) {
            read_file(name);
        }
    }
    closedir(folder);
}

int main(int count, char **arguments)
{
    if (count != 3) return 2;
    left_out = arguments[2];
    const struct sigaction action = {.sa_handler = wake};
    sigaction(SIGALRM, &action, nullptr);
    walk(arguments[1], 0);
    printf("%u folders, %u files, %u not for this user\n", folders, files, denied);
    return 0;
}
