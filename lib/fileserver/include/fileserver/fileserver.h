// SPDX-License-Identifier: MIT
// What every server of a disk's file system does the same: its options, finding its disk, a commit
// by itself some time after a change, and copies of files as memory and as images. One for each
// process.
#pragma once

#include <9p/server.h>

struct file_system {
    const char *name;
    // A file's path and generation mean it for ever: it is opened again when the server has ended.
    bool is_lasting;
    // Options of its own, as for getopt(), and how the line about usage has them.
    const char *letters, *usage;
    bool (*option)(int letter, const char *value);
    // The path of the first disk or partition that has this label. -ENOENT: there is none.
    int (*find)(const char *label, char *path, size_t size);
    // What cannot be used is told in the log. `path` stays.
    int (*open)(const char *path, bool is_read_only, struct p9_node **root);
    // Makes safe what was changed. `is_idle`: it may be a while until the next change.
    int (*commit)(bool is_idle);
    // Gives back a piece of the cache's memory. False: there is none. May be nullptr.
    bool (*shrink)(void);
    // Contents of a file from `offset` on. Bytes, or a negative errno.
    int64_t (*copy)(struct p9_node *node, uint64_t offset, uint8_t *to, size_t count);
    // As in struct p9_operations, of files alone: behind the operations of this library. `write` is
    // also called without a request, and with an open file of which only the node counts.
    int64_t (*read)(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                    size_t count);
    int64_t (*write)(struct p9_request *request, struct p9_open *open, uint64_t offset,
                     const void *from, size_t count);
    int (*truncate)(struct p9_request *request, struct p9_node *node, uint64_t size);
    int (*sync)(struct p9_request *request, struct p9_open *open);
};

// The whole of main():
//     NAME [-r] [-s SERVICE] [own options] { PATH | -l LABEL }
// -r: for reading alone; -s: posted as /srv/SERVICE for whoever started it. Ends with 0 when there
// is no such label.
int file_system_main(const struct file_system *system, int count, char **arguments);

// Why a volume cannot be opened, which is told in place of what `result` is called: that is
// returned. The first reason is kept.
[[gnu::format(printf, 2, 3)]] int file_system_refuse(int result, const char *format, ...);

// An operation has changed something: a commit follows by itself.
void file_system_changed(void);
// How many pages a cache may have: an eighth of the memory that the process may use.
size_t file_system_cache_pages(void);
// Whether a cache may take so many bytes more: an eighth of that memory has to stay free. What
// was taken is given back, by `shrink`, when others need it.
bool file_system_may_grow(size_t bytes);

// Operations. All that have a file as memory have the same, and what they store is in the file for
// all who read it, and safe behind a sync. The state of open files is theirs.
int file_system_memory(struct p9_request *request, struct p9_open *open,
                       const struct p9_memory_wish *wish, fe_handle *memory);
void file_system_close(struct p9_open *open);
int64_t file_system_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count);
int64_t file_system_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count);
int file_system_truncate(struct p9_request *request, struct p9_node *node, uint64_t size);
int file_system_sync(struct p9_request *request, struct p9_open *open);
int file_system_image(struct p9_request *request, struct p9_node *node, fe_handle *image);
