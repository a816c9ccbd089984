// SPDX-License-Identifier: MIT
// A mounted FAT or exFAT. FatFs knows the structures; what it writes are the volume's held blocks
// (disk.c), which are written at a commit after the contents of files that go with them, so that no
// entry on the disk leads to what was there before. There is no journal: a power cut can lose what
// was not committed, and leave clusters that nobody has, which a checker gives back.
//
// A file is known by where its entry is; a name in another case is the same file. Errors are
// negative errnos. All runs in the thread that serves.
#pragma once

#include <9p/server.h>
#include <fatfs/entry.h>
#include <volume/cache.h>

struct run { // neighbouring clusters
    uint32_t index, cluster, count;
};

struct file {
    struct p9_node node; // first
    struct file *next;   // of the same hash
    struct file *next_changed;
    struct file *parent; // counted; nullptr: the root
    uint64_t key;        // where its entry is
    struct fat_entry entry;
    bool is_changed;  // the entry has to be written before a commit
    bool is_gone;     // it has no entry any more
    struct run *runs; // of the chain, as far as it was followed
    uint32_t run_count, run_capacity;
    uint64_t next_read; // where a reader goes on who reads in order
};

enum : uint32_t { FILE_HASH = 1024 };

struct fat {
    struct device device;
    struct cache cache;
    FATFS fs;
    uint32_t cluster_size; // bytes
    struct file *root;
    struct file *files[FILE_HASH];
    struct file *changed;
    FFOBJID *condemned; // contents without an entry, to be given back after the next commit
    size_t condemned_count, condemned_capacity;
    uint32_t uid, gid, mask; // of all files: whose they are, and permissions that they lack
    bool is_read_only;
    bool is_marked; // the disk says that it is being written to
    bool was_dirty; // it said so before: that stays until it was checked
    int error;      // what ended writing for good; 0: none
};

extern struct fat fat;
extern const struct p9_operations file_operations;

// mount.c
int fat_open(const char *path, bool is_read_only);
void fat_close(void);
int error_of(FRESULT result);

// commit.c
// Before an operation that changes something. -EROFS where nothing may be changed.
int change_begin(void);
// After it; the result is passed on. An error of the disk in the midst of it ends all writing.
int change_end(int result);
int commit(bool is_idle);
int condemn(FFOBJID *object); // its contents go; it has none then

// file.c: entries as nodes
int file_root(struct file **root);
int file_get(struct file *parent, const struct fat_entry *entry, struct file **file);
void file_move(struct file *file, struct file *parent, const struct fat_entry *entry);
void file_forget(struct file *file); // its entry is gone
void file_changed(struct file *file);
int file_store(struct file *file);
void file_touch(struct file *file);
void file_release(struct p9_node *node);
static inline struct file *file_of(const struct p9_node *node)
{
    return (struct file *)(uintptr_t)node;
}
uint64_t file_path(const struct fat_entry *entry);
uint32_t file_mode(const struct fat_entry *entry);
int file_setattr(struct p9_request *request, struct p9_node *node, uint32_t valid,
                 const struct fe_9p_attributes *attributes);
int file_getattr(struct p9_request *request, struct p9_node *node,
                 struct fe_9p_attributes *attributes);

// map.c: where a file's clusters are
static inline uint32_t clusters_of(uint64_t size)
{
    return (uint32_t)(size / fat.cluster_size + (size % fat.cluster_size != 0));
}
// `*run`: the one with the cluster of this index, and those after it as far as they are known.
int map_find(struct file *file, uint32_t index, struct run *run);
// Adds clusters until there are so many, or the volume is full. The entry's size stays.
int map_extend(struct file *file, uint32_t *count);
int map_cut(struct file *file, uint32_t count); // gives back those after the first `count`
void map_drop(struct file *file);

// content.c
int64_t content_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                     size_t count);
int64_t content_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                      const void *from, size_t count);
int content_truncate(struct p9_request *request, struct p9_node *node, uint64_t size);
int64_t content_copy(struct p9_node *node, uint64_t offset, uint8_t *to, size_t count);

// name.c
int name_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                struct p9_node **found);
int name_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                 struct p9_listing *listing);
int name_create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                const struct p9_creation *creation, struct p9_node **made);
int name_remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                struct p9_node *node);
int name_rename(struct p9_request *request, const struct p9_place *from, const struct p9_place *to);

// time.c
uint64_t time_read(const struct fat_stamp *stamp); // ns since 1970
void time_write(uint64_t time, struct fat_stamp *stamp);
