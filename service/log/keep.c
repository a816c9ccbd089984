// SPDX-License-Identifier: MIT
// Keeping the messages on a disk: `messages` in a folder, which becomes messages.1 when it is
// large, messages.1 becomes messages.2, and so on; the last one goes. What was read is asked for
// again by nobody until it is on the disk (/dev/logs/follow), so a keeper that is started again
// goes on where this one was.
//
// While the disk cannot be written, because it is full or fails, the log service has the messages;
// that is said once, each new message is another try, and what is missing is told in the file.
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <ferrite/log.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum : off_t { FILE_MAX = 256 * 1024 };
enum : uint32_t { FILES = 4 }; // besides the present one
enum : size_t { BATCH = 16384, PATH_SIZE = 256, ROOM = 16 * BATCH };

static const char follow[] = "/dev/logs/follow";

static struct keeper {
    const char *folder;
    int file;         // -1: not open
    bool has_begun;   // this boot's line is written
    uint32_t missing; // lines that could not be written
    size_t last_size;
    char last[BATCH]; // the last line that was dealt with
} keeper = {.file = -1};

static bool name_of(uint32_t number, char *path)
{
    int size = number == 0 ? snprintf(path, PATH_SIZE, "%s/messages", keeper.folder)
                           : snprintf(path, PATH_SIZE, "%s/messages.%u", keeper.folder, number);
    return size < (int)PATH_SIZE;
}

static int close_file(int result)
{
    int error = errno;
    if (keeper.file >= 0) (void)close(keeper.file);
    keeper.file = -1;
    errno = error;
    return result;
}

static int rotate(void)
{
    char from[PATH_SIZE], to[PATH_SIZE];
    for (uint32_t number = FILES; number > 0; number--) {
        if (!name_of(number - 1, from) || !name_of(number, to)) return -1;
        if (rename(from, to) != 0 && errno != ENOENT) return -1;
    }
    return 0;
}

// With all folders on the way to it.
static int folder_make(const char *folder)
{
    char path[PATH_SIZE];
    size_t size = strlen(folder);
    if (size == 0 || size >= sizeof path) return -1;
    for (size_t i = 1; i <= size; i++) {
        if (i < size && folder[i] != '/') continue;
        memcpy(path, folder, i);
        path[i] = '\0';
        if (mkdir(path, 0755) != 0 && errno != EEXIST) return -1;
    }
    return 0;
}

static int open_file(void)
{
    char path[PATH_SIZE];
    struct stat status;
    if (!name_of(0, path)) return -1;
    if (stat(path, &status) == 0 && status.st_size >= FILE_MAX) {
        (void)close_file(0);
        if (rotate() != 0) return -1;
    }
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    if (keeper.file < 0) keeper.file = open(path, flags, 0640);
    if (keeper.file < 0 && errno == ENOENT && folder_make(keeper.folder) == 0)
        keeper.file = open(path, flags, 0640);
    return keeper.file < 0 ? -1 : 0;
}

static int write_all(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t count = write(keeper.file, text, size);
        if (count <= 0) return -1;
        text += count;
        size -= (size_t)count;
    }
    return 0;
}

static int write_boot(void)
{
    char text[64];
    time_t now = time(nullptr);
    struct tm parts;
    if (gmtime_r(&now, &parts) == nullptr) return -1;
    return write_all(text,
                     strftime(text, sizeof text, "--- boot, %Y-%m-%d %H:%M:%S UTC\n", &parts));
}

static int write_missing(void)
{
    char text[64];
    int size = snprintf(text, sizeof text, "--- %u lines could not be written\n", keeper.missing);
    return write_all(text, (size_t)size);
}

// After a failure it is not enough that the next few lines would have room: that would not last.
static bool has_room(void)
{
    struct statvfs disk;
    return statvfs(keeper.folder, &disk) == 0 && disk.f_bavail >= ROOM / disk.f_frsize;
}

// Whole, or not at all.
static int put(const char *text, size_t size)
{
    if (keeper.missing != 0 && !has_room()) {
        errno = ENOSPC;
        return -1;
    }
    if (open_file() != 0) return close_file(-1);
    off_t before = lseek(keeper.file, 0, SEEK_END);
    bool is_done = before >= 0 && (keeper.has_begun || write_boot() == 0) &&
                   (keeper.missing == 0 || write_missing() == 0) && write_all(text, size) == 0 &&
                   fsync(keeper.file) == 0;
    if (is_done) return 0;
    int error = errno;
    if (before >= 0) (void)!ftruncate(keeper.file, before);
    errno = error;
    return close_file(-1);
}

static void keep_text(const char *text, size_t size)
{
    if (put(text, size) == 0) {
        if (keeper.missing != 0) fe_log("<2>%s: messages are written again", keeper.folder);
        keeper.missing = 0;
        keeper.has_begun = true;
        return;
    }
    if (keeper.missing == 0)
        fe_log("%s: %s: messages are kept in memory only", keeper.folder, strerror(errno));
    for (size_t i = 0; i < size; i++) keeper.missing += text[i] == '\n';
}

static void remember(const char *text, size_t size)
{
    const char *line = text + size - 1;
    while (line > text && line[-1] != '\n') line--;
    keeper.last_size = size - (size_t)(line - text);
    memcpy(keeper.last, line, keeper.last_size);
}

// Of what a log service that was started again gives, the part that is not written yet.
static const char *skip(const char *text, size_t *size)
{
    if (keeper.last_size == 0) return text;
    const char *found = memmem(text, *size, keeper.last, keeper.last_size);
    if (found == nullptr) return text;
    const char *rest = found + keeper.last_size;
    *size -= (size_t)(rest - text);
    return rest;
}

// Until the log service ends.
static void keep_on(int source)
{
    static char batch[BATCH];
    bool is_first = true;
    ssize_t count;
    while ((count = read(source, batch, sizeof batch)) > 0) {
        size_t size = (size_t)count;
        const char *text = is_first ? skip(batch, &size) : batch;
        is_first = false;
        if (size == 0) continue;
        keep_text(text, size);
        remember(text, size);
    }
}

int keep(const char *folder)
{
    keeper.folder = folder;
    if ((folder_make(folder) != 0 || open_file() != 0) && errno == EROFS) {
        fe_log("%s: %s: messages are kept in memory only", folder, strerror(errno));
        return 0;
    }
    for (;;) {
        int source = open(follow, O_RDONLY | O_CLOEXEC);
        if (source < 0) {
            fe_log("%s: %s", follow, strerror(errno));
            return 1;
        }
        keep_on(source);
        (void)close(source);
    }
}
