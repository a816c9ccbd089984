// SPDX-License-Identifier: MIT
// Names of open files. The folder of them is, for everybody else, that of all processes under
// another path.
#include "own.h"
#include "call.h"
#include "context.h"
#include "entry.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER "/dev/fd"

static bool is_number(const char *text, long *number)
{
    char *end;
    if (*text < '0' || *text > '9') return false;
    *number = strtol(text, &end, 10);
    return *end == '\0';
}

// What follows "fd": nothing, or the number.
static bool is_folder_or_number(const char *rest, long *number)
{
    *number = OWN_FOLDER;
    return *rest == '\0' || (*rest == '/' && is_number(rest + 1, number));
}

[[gnu::noinline]] static bool is_of_dev(const char *path, long *number)
{
    static const char *const streams[] = {"stdin", "stdout", "stderr"};
    if (strncmp(path + 5, "fd", 2) == 0) return is_folder_or_number(path + 7, number);
    for (*number = 0; *number < 3; ++*number)
        if (strcmp(path + 5, streams[*number]) == 0) return true;
    return false;
}

[[gnu::noinline]] static bool is_of_proc(const char *path, long *number)
{
    static const char prefix[] = "/proc/";
    char *end;
    if (strncmp(path, prefix, sizeof prefix - 1) != 0) return false;
    const char *pid = path + sizeof prefix - 1;
    if (*pid < '1' || *pid > '9') return false;
    long process = strtol(pid, &end, 10);
    if (strncmp(end, "/fd", 3) != 0 || !is_folder_or_number(end + 3, number)) return false;
    return process == call_getpid(nullptr);
}

bool own_is_name(const char *path, long *number)
{
    if (path[1] == 'p') return is_of_proc(path, number);
    // Most opens end here.
    if (path[1] != 'd' || path[2] != 'e' || path[3] != 'v' || path[4] != '/') return false;
    return (path[5] == 'f' || path[5] == 's') && is_of_dev(path, number);
}

static bool is_allowed(const struct file *file, int flags)
{
    int has = file->flags & O_ACCMODE, wanted = flags & O_ACCMODE;
    return (flags & O_PATH) || has == O_RDWR || has == wanted;
}

static long open_folder(int flags)
{
    struct p9_file *p9;
    if ((flags & O_ACCMODE) != O_RDONLY) return -EISDIR;
    long error = p9_open("/proc", open_flags_to_protocol(flags | O_DIRECTORY), 0, &p9);
    if (error < 0) return error;
    p9->path = strdup(FOLDER); // a short path as it had is a part of it
    struct file *file = file_create(p9, flags & (O_ACCMODE | O_NONBLOCK));
    if (file == nullptr) return -ENOMEM;
    file->is_own_folder = true;
    return file_install(file, flags);
}

long own_open(long number, int flags)
{
    if (number == OWN_FOLDER) return open_folder(flags);
    struct file *file = file_hold(number);
    if (file == nullptr) return -EBADF;
    if (is_allowed(file, flags)) return file_install(file, flags);
    file_put(file);
    return -EACCES;
}

struct fe_9p_attributes own_attributes(long number)
{
    uint32_t mode = number == OWN_FOLDER ? S_IFDIR | 0500 : S_IFLNK | 0700;
    return (struct fe_9p_attributes){.mode = mode,
                                     .links = number == OWN_FOLDER ? 2 : 1,
                                     .uid = (uint32_t)call_getuid(nullptr),
                                     .gid = (uint32_t)call_getgid(nullptr),
                                     .qid_path = (uint64_t)(number + 2)};
}

// --- What they stand for -----------------------------------------------------------------------

// As much of it as fits, without NUL.
static long give(const char *text, char *to, size_t capacity)
{
    size_t size = strlen(text);
    if (size > capacity) size = capacity;
    memcpy(to, text, size);
    return (long)size;
}

// What has no path.
static long describe(const struct file *file, char *to, size_t capacity)
{
    char text[32];
    uint64_t path = file->p9 != nullptr ? file->p9->qid_path : 0;
    const char *kind = file->socket != nullptr ? "socket" : "pipe";
    snprintf(text, sizeof text, "%s:[%llu]", kind, (unsigned long long)path);
    return give(text, to, capacity);
}

static long terminal_or_pipe(struct file *file, char *to, size_t capacity)
{
    struct p9_control wish = {
        .request = CONTROL_TERMINAL_NAME, .reply = to, .reply_capacity = capacity};
    bool is_terminal = p9_control(file->p9, &wish) == 0;
    return is_terminal ? (long)wish.reply_size : describe(file, to, capacity);
}

long own_target(long number, char *to, size_t capacity)
{
    if (number == OWN_FOLDER) return -EINVAL;
    struct file *file = file_hold(number);
    if (file == nullptr) return -ENOENT;
    long result;
    if (file->p9 != nullptr && file->p9->path != nullptr)
        result = give(file->p9->path, to, capacity);
    else if (file->p9 != nullptr && file->socket == nullptr && file_may_wait(file))
        result = terminal_or_pipe(file, to, capacity);
    else
        result = describe(file, to, capacity);
    file_put(file);
    return result;
}

// --- The folder --------------------------------------------------------------------------------

static bool is_open(long number)
{
    struct file *file = file_hold(number);
    if (file != nullptr) file_put(file);
    return file != nullptr;
}

long own_list(struct file *file, uint8_t *to, size_t size)
{
    size_t written = 0;
    for (; written + ENTRY_SHORT <= size; file->listed++) {
        while (file->listed < DESCRIPTOR_LIMIT && !is_open(file->listed)) file->listed++;
        if (file->listed >= DESCRIPTOR_LIMIT) break;
        struct entry *entry = (struct entry *)(to + written);
        *entry = (struct entry){.ino = file->listed + 2u,
                                .next = file->listed + 1,
                                .size = ENTRY_SHORT,
                                .type = DT_LNK};
        snprintf(entry->name, ENTRY_NAME, "%u", file->listed);
        written += ENTRY_SHORT;
    }
    return (long)written;
}
