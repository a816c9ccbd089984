// SPDX-License-Identifier: MIT
// A mounted ext4. libext2fs knows the structures; what it writes are the volume's held blocks
// (io.c), which become one transaction of the journal at a commit (journal.c), after the contents
// of files that go with them. A commit is made when somebody asks for it by fsync, when the
// transaction is large, and some time after the first change (lib/fileserver).
//
// Errors are negative errnos. All runs in the thread that serves.
#pragma once

#include <9p/server.h>
#include <ext2fs/ext2fs.h>
#include <volume/cache.h>

#include "journal.h"

enum : uint32_t { FILE_MAPS = 4 };

struct map { // a piece of a file that was looked up
    uint64_t logical, physical, count;
    bool is_hole; // reads as zeros
};

struct file {
    struct p9_node node; // first
    struct file *next;   // of the same hash
    struct file *next_changed;
    uint32_t number; // of the inode
    bool is_changed; // the inode has to be written before a commit
    struct ext2_inode_large inode;
    struct map maps[FILE_MAPS]; // what was looked up last
    uint32_t next_map;          // that the next one takes the place of
    uint64_t next_read;         // where a reader goes on who reads in order
    uint64_t noted;             // in which commit's time it was last changed: lost.c
    fe_handle connector;        // of a socket: what was posted there, FE_NO_HANDLE: nothing
};

enum : uint32_t { FILE_HASH = 1024 };

struct range {
    uint64_t first, count;
};

struct ext4 {
    struct device device;
    struct cache cache;
    struct journal journal;
    ext2_filsys fs;
    struct file *files[FILE_HASH];
    struct file *changed;
    struct range *freed; // blocks given back since the last commit: nobody gets them before it
    size_t freed_count, freed_capacity;
    uint64_t freed_blocks;
    bool is_read_only;
    int error; // what ended writing for good; 0: none
};

extern struct ext4 ext4;
extern const struct p9_operations file_operations, fifo_operations, socket_operations;

// mount.c
int ext4_open(const char *path, bool is_read_only);
int error_of(errcode_t error); // negative errno for one of libext2fs's

// socket.c
void socket_forget(struct file *file); // its last name is gone

// io.c
extern struct struct_io_manager volume_io_manager;

// commit.c
// Before an operation that changes something, with how many blocks it may take at most: makes room
// by a commit where that helps. -EROFS where nothing may be changed.
int change_begin(uint64_t blocks);
void change_end(void); // the operation is whole
int commit(void);
void ext4_abort(int error, const char *what); // nothing is written from now on
void block_freed(ext2_filsys fs, blk64_t block, int in_use);

// file.c: inodes as nodes
int file_get(uint32_t number, struct file **file); // with a reference
int file_load(struct file *file);
void file_changed(struct file *file);
int file_store(struct file *file); // the inode, if it was changed
int file_release_inode(struct file *file);
void file_release(struct p9_node *node);
static inline struct file *file_of(const struct p9_node *node)
{
    return (struct file *)(uintptr_t)node;
}
void file_touch(struct file *file, bool is_modified); // times: changed, and modified
int file_setattr(struct p9_request *request, struct p9_node *node, uint32_t valid,
                 const struct fe_9p_attributes *attributes);
int file_getattr(struct p9_request *request, struct p9_node *node,
                 struct fe_9p_attributes *attributes);

// orphan.c: files without a name that are still open, which a power cut must not lose
int orphan_add(struct file *file);
int orphan_remove(struct file *file);
int orphans_release(void);

// map.c: where a file's blocks are
int map_find(struct file *file, uint64_t logical, struct map *map);
void map_forget(struct file *file); // its blocks are others now
int map_allocate(struct file *file, uint64_t logical, uint64_t count, struct map *map);

// lost.c: what ends with this server and was not committed is told to who syncs it with the next
void lost_open(void);                // once the structures can be read
void lost_note(struct file *file);   // before a change of it is answered
void lost_commit(void);              // all that was noted is safe
void lost_forget(struct file *file); // nobody misses it: it is empty now
bool lost_tell(struct file *file);   // once, that an earlier server has lost something of it

// content.c
int64_t content_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                     size_t count);
int64_t content_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                      const void *from, size_t count);
int content_truncate(struct p9_request *request, struct p9_node *node, uint64_t size);
int64_t content_copy(struct file *file, uint64_t offset, uint8_t *to, size_t count);

// directory.c
int directory_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                     struct p9_node **found);
int directory_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                      struct p9_listing *listing);
int directory_find(struct file *directory, struct p9_name name, uint32_t *number);
int directory_is_empty(struct file *directory);

// name.c
int name_create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                const struct p9_creation *creation, struct p9_node **made);
int name_remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                struct p9_node *node);
int name_link(struct p9_request *request, struct p9_node *node, const struct p9_place *to);
int entry_add(struct file *directory, struct p9_name name, const struct file *file);
int entry_remove(struct file *directory, struct p9_name name);
int entry_replace(struct file *directory, struct p9_name name, const struct file *file);

// rename.c
int name_rename(struct p9_request *request, const struct p9_place *from, const struct p9_place *to);
