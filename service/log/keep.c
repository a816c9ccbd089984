// SPDX-License-Identifier: MIT
// Keeping the messages on a disk: `messages` in a folder, which becomes messages.1 when it is
// large, messages.1 becomes messages.2, and so on; the last one goes. What was read counts as read
// when more is asked for (/dev/logs/follow), which is when it is on the disk. What a keeper was
// about is kept for the next one of this boot, which so writes nothing twice, and nothing in part.
//
// While the disk cannot be written, because it is full or fails, the log service has the messages;
// that is said once, each new message is another try, and what is missing is told in the file.
#include "keep.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <ferrite/log.h>
#include <kept/kept.h>
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

static const char *folder;
static int file = -1; // -1: not open

// What is kept. While a batch is written it is known where it begins, and the rest is as before.
static struct state {
    bool is_writing;
    bool has_begun;   // this boot's line is written
    uint32_t missing; // lines that could not be written
    int64_t start;    // of the batch in the file
    size_t last_size;
    char last[STORE_LINE_MAX]; // the last line that was dealt with
} state;
static_assert(sizeof(struct state) <= KEPT_RECORD_MAX);
static uint32_t record; // of it

static bool name_of(uint32_t number, char *path)
{
    int size = number == 0 ? snprintf(path, PATH_SIZE, "%s/messages", folder)
                           : snprintf(path, PATH_SIZE, "%s/messages.%u", folder, number);
    return size < (int)PATH_SIZE;
}

static int close_file(int result)
{
    int error = errno;
    if (file >= 0) (void)close(file);
    file = -1;
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
static int folder_make(void)
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
    if (file < 0) file = open(path, flags, 0640);
    if (file < 0 && errno == ENOENT && folder_make() == 0) file = open(path, flags, 0640);
    return file < 0 ? -1 : 0;
}

static int write_all(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t count = write(file, text, size);
        if (count <= 0) return -1;
        text += count;
        size -= (size_t)count;
    }
    return 0;
}

// What is written before a batch: this boot's line, and what is missing.
enum : size_t { HEAD_SIZE = 128 };
static size_t head_make(char head[static HEAD_SIZE])
{
    size_t size = 0;
    time_t now = time(nullptr);
    struct tm parts;
    if (!state.has_begun && gmtime_r(&now, &parts) != nullptr)
        size = strftime(head, HEAD_SIZE, "--- boot, %Y-%m-%d %H:%M:%S UTC\n", &parts);
    if (state.missing != 0)
        size += (size_t)snprintf(head + size, HEAD_SIZE - size,
                                 "--- %u lines could not be written\n", state.missing);
    return size;
}

// After a failure it is not enough that the next few lines would have room: that would not last.
static bool has_room(void)
{
    struct statvfs disk;
    return statvfs(folder, &disk) == 0 && disk.f_bavail >= ROOM / disk.f_frsize;
}

// Whole, or not at all.
static int put(const char *text, size_t size)
{
    char head[HEAD_SIZE];
    if (state.missing != 0 && !has_room()) {
        errno = ENOSPC;
        return -1;
    }
    if (open_file() != 0) return close_file(-1);
    state.start = lseek(file, 0, SEEK_END);
    if (state.start < 0) return close_file(-1);
    state.is_writing = true;
    kept_write(record, &state);
    size_t head_size = head_make(head);
    if (write_all(head, head_size) == 0 && write_all(text, size) == 0 && fsync(file) == 0) return 0;
    int error = errno;
    (void)!ftruncate(file, state.start);
    errno = error;
    return close_file(-1);
}

static void remember(const char *text, size_t size)
{
    const char *line = text + size - 1;
    while (line > text && line[-1] != '\n') line--;
    size -= (size_t)(line - text);
    state.last_size = size < sizeof state.last ? size : sizeof state.last;
    memcpy(state.last, line, state.last_size);
}

static void keep_text(const char *text, size_t size)
{
    if (put(text, size) == 0) {
        if (state.missing != 0) fe_log("<2>%s: messages are written again", folder);
        state.missing = 0;
        state.has_begun = true;
    } else {
        if (state.missing == 0)
            fe_log("%s: %s: messages are kept in memory only", folder, strerror(errno));
        for (size_t i = 0; i < size; i++) state.missing += text[i] == '\n';
    }
    remember(text, size);
    state.is_writing = false;
    kept_write(record, &state);
}

// Of what is given first, by a log service that was started again or to a keeper that was, the part
// that is not dealt with yet.
static const char *skip(const char *text, size_t *size)
{
    if (state.last_size == 0) return text;
    const char *found = memmem(text, *size, state.last, state.last_size);
    if (found == nullptr) return text;
    const char *rest = found + state.last_size;
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
    }
}

// What an earlier keeper was writing it had not asked for more than: it is given again, and goes.
static void undo_writing(void)
{
    char path[PATH_SIZE];
    struct stat status;
    state.is_writing = false;
    if (name_of(0, path) && stat(path, &status) == 0 && status.st_size > state.start)
        (void)!truncate(path, state.start);
}

static void restore(void)
{
    const struct state *earlier = nullptr;
    if (kept_open(sizeof state) == OK) earlier = kept_next(&record);
    if (earlier != nullptr) state = *earlier;
    if (state.is_writing) undo_writing();
    if (earlier == nullptr) record = kept_create(&state);
    kept_finish();
}

int keep(const char *where)
{
    folder = where;
    restore();
    if ((folder_make() != 0 || open_file() != 0) && errno == EROFS) {
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
