// SPDX-License-Identifier: MIT
// What the files of the memory file system share. A node is a file, folder or link; folders hold
// entries, which are names of nodes (a node may have several). Entries have rising numbers, so that
// reading a folder goes on rightly whatever is made and removed meanwhile.
#pragma once

#include <9p/server.h>

struct entry {
    struct entry *next, *previous; // in the order of their numbers
    struct entry *same;            // of those with this place in the folder's table
    struct node *node;             // counted
    uint64_t number;
    uint32_t hash, size;
    char name[];
};

// Bytes of a file: in the heap while small, in a memory object of its own, mapped here, when large.
// Its pages come into being when they are written to, so a file may have holes.
struct content {
    uint8_t *bytes;
    size_t capacity; // zero from the file's size on
    size_t solid;    // so many bytes from the beginning have pages that are ours alone
    fe_handle memory;
    bool is_shared; // others may have stored behind the file's end
};

struct folder {
    struct entry *first, *last;
    struct entry **table;  // by hash, once there are many
    uint32_t count, size;  // entries; places in the table, a power of two
    struct entry *reached; // where the last listing stopped
};

struct node {
    struct p9_node node; // first
    struct content content;
    struct folder folder;
    struct node *parent; // of a folder; not counted
    char *target;        // of a link
    fe_handle connector; // of a socket; FE_NO_HANDLE: nobody is bound to it
};

extern const struct p9_operations operations, fifo_operations, socket_operations;

// room.c
// Whether so many bytes more may be used: some of what the service shares with others is left to
// them, and to itself for what cannot fail.
bool room_take(size_t bytes);
void room_tell(uint64_t *total, uint64_t *left); // bytes

// content.c: all errors are -ENOSPC, and change nothing.
int content_reserve(struct content *content, size_t size); // a capacity
int content_write(struct content *content, size_t offset, const void *from, size_t count);
// A copy in `to` of what may be a hole; nullptr: there is no memory to read.
const void *content_copy(const struct content *content, size_t offset, void *to, size_t count);
// Makes the bytes from `size` to the old size zero, and gives memory back.
// Clears what others stored behind the old size, before the file grows.
int content_grow(struct content *content, size_t size, size_t old_size);
int content_shrink(struct content *content, size_t size, size_t old_size);
uint64_t content_used(const struct content *content); // bytes of memory

// The bytes where they lie, or as content_copy.
static inline const void *content_read(const struct content *content, size_t offset, void *to,
                                       size_t count)
{
    if (offset + count <= content->solid) [[clang::likely]]
        return content->bytes + offset;
    return content_copy(content, offset, to, count);
}

// The memory object with the bytes, moved there when they are small. Still the content's; others
// will share its pages.
int content_memory(struct content *content, size_t size, fe_handle *memory);
void content_fini(struct content *content);

// file.c
int64_t file_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                  size_t count);
int64_t file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   const void *from, size_t count);
int file_getattr(struct p9_request *request, struct p9_node *node,
                 struct fe_9p_attributes *attributes);
int file_truncate(struct p9_request *request, struct p9_node *node, uint64_t size);
int file_memory(struct p9_request *request, struct p9_open *open, const struct p9_memory_wish *wish,
                fe_handle *memory);
int file_image(struct p9_request *request, struct p9_node *node, fe_handle *image);

// folder.c
int folder_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node **found);
int folder_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   struct p9_listing *listing);
int folder_create(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  const struct p9_creation *creation, struct p9_node **made);
int folder_remove(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                  struct p9_node *node);
int folder_rename(struct p9_request *request, const struct p9_place *from,
                  const struct p9_place *to);
void folder_fini(struct folder *folder); // an empty one
int folder_link(struct p9_request *request, struct p9_node *node, const struct p9_place *to);

// node.c
struct node *node_create(const struct p9_creation *creation);
void node_release(struct p9_node *node);
void node_modified(struct node *node);
extern uint64_t node_count;
