// SPDX-License-Identifier: MIT
// The machine's state as one text, for a page that asks each second: files of the process and the
// IP service, behind a line `file PATH` each. However many ask, they are read once in a while.

#include "httpd.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum : int64_t { FRESH = 250 }; // ms

static struct {
    char *text;
    size_t size;
    int64_t made;
} kept;

static void file_print(FILE *to, const char *path)
{
    char piece[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return; // it has ended meanwhile, or this machine has none
    fprintf(to, "file %s\n", path);
    for (ssize_t got; (got = read(fd, piece, sizeof piece)) > 0;) fwrite(piece, 1, (size_t)got, to);
    close(fd);
}

static void processes_print(FILE *to)
{
    DIR *folder = opendir("/proc");
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[64];
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        snprintf(path, sizeof path, "/proc/%.20s/status", entry->d_name);
        file_print(to, path);
    }
    closedir(folder);
}

static bool is_made(void)
{
    static const char *const files[] = {"/proc/system", "/proc/uptime", "/proc/cpu",
                                        "/proc/meminfo", "/net/statistics"};
    free(kept.text);
    kept.text = nullptr;
    FILE *to = open_memstream(&kept.text, &kept.size);
    if (!to) return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) file_print(to, files[i]);
    processes_print(to);
    if (fclose(to) == 0) return true;
    free(kept.text);
    kept.text = nullptr;
    return false;
}

char *state_make(size_t *size)
{
    int64_t time = now();
    if (!kept.text || time - kept.made >= FRESH) {
        if (!is_made()) return nullptr;
        kept.made = time;
    }
    char *text = malloc(kept.size + 1);
    if (text) memcpy(text, kept.text, kept.size);
    *size = kept.size;
    return text;
}
