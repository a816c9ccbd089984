// SPDX-License-Identifier: MIT
// Packs the initrd: a cpio archive (newc, as cpio(5) describes it), the same for the same input,
// then the signed trailer of abi/manifest.h.
//     initrd [-k KEYS] [-n NAME] LIST OUT
// LIST has a line for each entry: /path=source for a file, /path=>target for a symbolic link,
// /path/ for a directory. Directories on the way are made. A file is executable when its source is;
// what lies in /etc/secret is for its owner alone.
//
// The bytes of a file of a page and more start on a page, so that they can be mapped and cloned
// where they are: its name is followed by as many zeros as that takes, which every reader of cpio
// passes over.
#include <support/file.h>
#include <support/signing.h>

#include <abi/manifest.h>
#include <cpio/initrd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum : uint32_t { ALIGNMENT = 4096, NEWC_HEADER = 110 };

struct entry {
    char *path;   // without the leading slash
    char *source; // file: where its bytes are; link: its target
    uint32_t mode;
};

struct list {
    struct entry *entries;
    size_t count, capacity;
};

static void list_add(struct list *list, struct entry entry)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 64;
        list->entries = reallocate(list->entries, list->capacity * sizeof entry);
    }
    list->entries[list->count++] = entry;
}

// Adds an entry, and an entry for each directory above it; doubles are dropped later.
static void list_add_path(struct list *list, struct entry entry)
{
    for (char *slash = entry.path; (slash = strchr(slash, '/')); slash++)
        list_add(list, (struct entry){strndup(entry.path, (size_t)(slash - entry.path)), nullptr,
                                      S_IFDIR | 0755});
    list_add(list, entry);
}

static void list_read(struct list *list, const char *path)
{
    char *rest = (char *)file_read(path).bytes, *line;
    for (int number = 1; (line = strsep(&rest, "\n")); number++) {
        if (!*line || *line == '#') continue;
        char *source = line, *name = strsep(&source, "=");
        size_t length = strlen(name);
        if (*name != '/' || length < 2) complain("%s:%d: a path begins with /", path, number);
        struct entry entry = {name + 1, source, S_IFDIR | 0755};
        if (source && *source == '>') {
            entry.source++;
            entry.mode = S_IFLNK | 0777;
        } else if (source) {
            struct stat about;
            if (stat(source, &about)) complain("%s:%d: %s is not there", path, number, source);
            entry.mode = S_IFREG | (about.st_mode & 0100 ? 0755 : 0644);
            if (strncmp(entry.path, "etc/secret/", 11) == 0) entry.mode = S_IFREG | 0600;
        } else if (name[length - 1] == '/') {
            name[length - 1] = 0;
        } else {
            complain("%s:%d: /path=source, /path=>target or /path/ is expected", path, number);
        }
        list_add_path(list, entry);
    }
}

static int compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = strcmp(left->path, right->path);
    return order ? order : (left->mode > right->mode) - (left->mode < right->mode);
}

static void archive_add(struct buffer *archive, const struct entry *entry, uint32_t number)
{
    struct file data = {0};
    if (S_ISREG(entry->mode)) data = file_read(entry->source);
    if (S_ISLNK(entry->mode)) data = (struct file){(uint8_t *)entry->source, strlen(entry->source)};
    if (data.size > UINT32_MAX) complain("%s: too large for the archive", entry->source);
    size_t name_size = strlen(entry->path) + 1;
    size_t start = archive->size + NEWC_HEADER;
    size_t align = data.size >= ALIGNMENT ? ALIGNMENT : 4;
    name_size += -(start + name_size) & (align - 1);
    char header[NEWC_HEADER + 1];
    snprintf(header, sizeof header, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
             number, entry->mode, 0, 0, S_ISDIR(entry->mode) ? 2 : 1, 0, data.size, 0, 0, 0, 0,
             name_size, 0);
    buffer_append(archive, header, NEWC_HEADER);
    buffer_append(archive, entry->path, strlen(entry->path));
    buffer_zero(archive, name_size - strlen(entry->path));
    buffer_append(archive, data.bytes, data.size);
    buffer_align(archive, 4);
    if (S_ISREG(entry->mode)) free(data.bytes);
}

static void archive_make(struct buffer *archive, const struct list *list)
{
    uint32_t number = 1;
    const struct entry *last = nullptr;
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *entry = &list->entries[i];
        bool same = last && !strcmp(entry->path, last->path);
        if (same && !(S_ISDIR(entry->mode) && S_ISDIR(last->mode)))
            complain("/%s is there twice", entry->path);
        if (!same) archive_add(archive, entry, number++);
        last = entry;
    }
    archive_add(archive, &(struct entry){"TRAILER!!!", nullptr, 0}, 0);
    // With the trailer all of it is whole pages: what loads it at the end of memory, where firmware
    // has what is behind, leaves no page that is both's.
    static const uint8_t zeros[ALIGNMENT - sizeof(struct initrd_trailer)];
    buffer_align(archive, ALIGNMENT);
    buffer_append(archive, zeros, sizeof zeros);
}

static struct buffer told; // what is signed

static void tell(struct initrd_reader *self, const void *bytes, size_t size)
{
    buffer_append(&told, bytes, size);
}

int main(int count, char **arguments)
{
    tool_name = "initrd";
    struct signing signing;
    signing_read(count, arguments, "LIST OUT", &signing);
    struct list list = {0};
    list_read(&list, signing.in);
    if (list.count == 0) complain("%s: nothing to pack", signing.in);
    qsort(list.entries, list.count, sizeof *list.entries, compare);
    struct buffer archive = {0};
    archive_make(&archive, &list);
    struct initrd_trailer trailer = {.magic = {'F', 'E', 'I', 'N', 'I', 'T', 'R', 'D'},
                                     .archive_size = archive.size};
    memcpy(trailer.key, signing.secret.key, sizeof signing.secret.key);
    if (!initrd_read_signed(archive.bytes, archive.size, &(struct initrd_reader){tell}))
        complain("%s: makes an archive that cannot be read", signing.in);
    secret_sign(&signing.secret, "ferrite initrd", told.bytes, told.size, trailer.signature);
    buffer_append(&archive, &trailer, sizeof trailer);
    file_write(signing.out, archive.bytes, archive.size, 0644);
    return 0;
}
