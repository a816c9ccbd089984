// SPDX-License-Identifier: MIT
// Finding volumes: the device manager tells which disks there are and whether their drivers are
// ready; each disk is a folder with its own bytes and those of its partitions.
#include <volume/find.h>

#include <9p/client.h>
#include <abi/errno.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>

enum : size_t { TEXT_FIRST = 4 << 10, NAME_MAX_SIZE = 16 };

// The whole of a file that is made when it is opened, with a NUL, in `*text` of `*capacity` bytes,
// which grows.
static int text_read(const char *path, char **text, size_t *capacity)
{
    struct p9_file *file;
    size_t size = 0;
    int64_t count = 1;
    int result = p9_open(path, OPEN_READ, 0, &file);
    if (result != 0) return result;
    while (count > 0) {
        if (*capacity - size < 2) {
            size_t room = *capacity == 0 ? TEXT_FIRST : *capacity * 2;
            char *more = realloc(*text, room);
            count = more == nullptr ? -ENOMEM : 1;
            if (more == nullptr) break;
            *text = more;
            *capacity = room;
        }
        count = p9_read(file, size, *text + size, *capacity - 1 - size);
        if (count > 0) size += (size_t)count;
    }
    p9_close(file);
    if (count == 0) (*text)[size] = '\0';
    return (int)count;
}

// The last two words of a line, if the first of them is disk<n>.
static bool line_is_disk(const char *line, size_t size, char *name, bool *is_starting)
{
    static const char starting[] = "starting";
    size_t end = size, word = 0;
    for (size_t i = 0; i < size; i++) {
        if (line[i] != ' ') continue;
        word = end == size ? 0 : end + 1;
        end = i;
    }
    if (end == size || end - word <= 4 || end - word >= NAME_MAX_SIZE) return false;
    if (memcmp(line + word, "disk", 4) != 0) return false;
    for (size_t i = word + 4; i < end; i++) {
        if (line[i] < '0' || line[i] > '9') return false;
    }
    memcpy(name, line + word, end - word);
    name[end - word] = '\0';
    *is_starting = size - end - 1 == sizeof starting - 1 &&
                   memcmp(line + end + 1, starting, sizeof starting - 1) == 0;
    return true;
}

static bool some_start(const char *text)
{
    char name[NAME_MAX_SIZE];
    for (const char *line = text; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        bool is_starting;
        if (line_is_disk(line, size, name, &is_starting) && is_starting) return true;
        line += size + (line[size] != '\0');
    }
    return false;
}

// The list of devices, when it has become quiet about disks; to be freed, whatever the result.
static int devices_read(char **text)
{
    size_t capacity = 0;
    struct p9_file *changes;
    char number[16];
    int result = p9_open("/dev/device/changes", OPEN_READ, 0, &changes);
    if (result != 0) return result;
    do {
        int64_t count = p9_read(changes, FE_9P_POSITION, number, sizeof number);
        result = count < 0 ? (int)count : text_read("/dev/device/devices", text, &capacity);
    } while (result == 0 && some_start(*text));
    p9_close(changes);
    return result;
}

static bool is_part(const char *name, size_t size)
{
    return (size == 4 && memcmp(name, "data", 4) == 0) ||
           (size > 4 && memcmp(name, "part", 4) == 0);
}

// A disk's files: the whole, and its parts.
static int disk_each(const char *name, int (*each)(void *context, const char *path), void *context)
{
    static uint8_t entries[4096];
    char path[64];
    struct p9_file *folder;
    int64_t size;
    int result = 0;
    fe_format(path, sizeof path, "/dev/%s", name);
    if (p9_open(path, OPEN_READ | OPEN_DIRECTORY, 0, &folder) != 0) return 0;
    while (result == 0 &&
           (size = p9_readdir(folder, FE_9P_POSITION, entries, sizeof entries)) > 0) {
        for (int64_t at = 0; at < size && result == 0;) {
            struct fe_9p_entry entry;
            memcpy(&entry, entries + at, sizeof entry);
            const char *file = (const char *)entries + at + sizeof entry;
            if (is_part(file, entry.name_size)) {
                fe_format(path, sizeof path, "/dev/%s/%.*s", name, (int)entry.name_size, file);
                result = each(context, path);
            }
            at += (int64_t)((sizeof entry + entry.name_size + 7) & ~(size_t)7);
        }
    }
    p9_close(folder);
    return result;
}

int volume_each(int (*each)(void *context, const char *path), void *context)
{
    char *text = nullptr, name[NAME_MAX_SIZE];
    int result = devices_read(&text);
    for (const char *line = text; result == 0 && *line != '\0';) {
        size_t size = strcspn(line, "\n");
        bool is_starting;
        if (line_is_disk(line, size, name, &is_starting)) result = disk_each(name, each, context);
        line += size + (line[size] != '\0');
    }
    free(text);
    return result;
}
