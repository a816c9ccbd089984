// SPDX-License-Identifier: MIT
// Does to files what a script says, and marks on a partition of the same disk how far all is safe.
//     churn PARTITION FOLDER
// The script is in the partition, from SCRIPT on: a line is an operation, `safe N` is marked in its
// first sector. What goes wrong ends it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum : size_t { SECTOR = 512, SCRIPT = 64 << 10, SCRIPT_MAX = 1 << 20, WRITE_MAX = 256 << 10 };

static int disk, held = -1;

static bool said(const char *what, bool is_good)
{
    if (!is_good) printf("churn: %s: %s\n", what, strerror(errno));
    return is_good;
}

static bool mark(unsigned number)
{
    static char sector[SECTOR];
    snprintf(sector, sizeof sector, "safe %u", number);
    return said("mark", pwrite(disk, sector, sizeof sector, 0) == sizeof sector);
}

// Bytes that depend on the seed and on where they are in the file.
static bool fill(const char *path, int flags, long offset, unsigned seed, size_t size)
{
    static unsigned char bytes[WRITE_MAX];
    int file = open(path, flags, 0644);
    if (!said(path, file >= 0) || !said(path, size <= sizeof bytes)) return false;
    for (size_t i = 0; i < size; i++) {
        size_t at = (size_t)offset + i;
        bytes[i] = (unsigned char)((at * 31 + at / 256) ^ seed * 77);
    }
    bool is_good = pwrite(file, bytes, size, offset) == (ssize_t)size;
    return said(path, is_good) && said(path, close(file) == 0);
}

static bool sync_file(const char *path)
{
    int file = open(path, O_RDONLY);
    return said(path, file >= 0) && said(path, fsync(file) == 0) && said(path, close(file) == 0);
}

static bool hold(const char *path)
{
    if (held >= 0 && !said("close", close(held) == 0)) return false;
    held = open(path, O_RDWR);
    return said(path, held >= 0);
}

static bool do_names(const char *word, const char *one, const char *other)
{
    if (strcmp(word, "rename") == 0) return said(one, rename(one, other) == 0);
    if (strcmp(word, "link") == 0) return said(one, link(one, other) == 0);
    if (strcmp(word, "symlink") == 0) return said(other, symlink(one, other) == 0);
    if (strcmp(word, "unlink") == 0) return said(one, unlink(one) == 0);
    if (strcmp(word, "mkdir") == 0) return said(one, mkdir(one, 0755) == 0);
    if (strcmp(word, "rmdir") == 0) return said(one, rmdir(one) == 0);
    if (strcmp(word, "hold") == 0) return hold(one);
    if (strcmp(word, "fsync") == 0) return sync_file(one);
    errno = EINVAL;
    return said(word, false);
}

static bool do_line(const char *line)
{
    char one[256] = "", other[256] = "";
    unsigned a, b, c;
    if (sscanf(line, "safe %u", &a) == 1) return mark(a);
    if (sscanf(line, "write %255s %u %u %u", one, &a, &b, &c) == 4)
        return fill(one, O_WRONLY | O_CREAT, a, b, c);
    if (sscanf(line, "new %255s %u %u", one, &a, &b) == 3)
        return fill(one, O_WRONLY | O_CREAT | O_TRUNC, 0, a, b);
    if (sscanf(line, "truncate %255s %u", one, &a) == 2) return said(one, truncate(one, a) == 0);
    char word[16] = "";
    sscanf(line, "%15s %255s %255s", word, one, other);
    return do_names(word, one, other);
}

int main(int count, char **arguments)
{
    static char script[SCRIPT_MAX];
    disk = count == 3 ? open(arguments[1], O_RDWR) : -1;
    if (!said("disk", disk >= 0)) return 1;
    ssize_t size = pread(disk, script, sizeof script - 1, SCRIPT);
    if (!said("script", size > 0) || !said("folder", chdir(arguments[2]) == 0)) return 1;
    size_t lines = 0;
    for (char *line = strtok(script, "\n"); line; line = strtok(nullptr, "\n"), lines++) {
        if (!do_line(line)) return 1;
    }
    printf("churn: %zu lines done\n", lines);
    return 0;
}
