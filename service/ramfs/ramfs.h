// SPDX-License-Identifier: MIT
// What the files of the memory file system share. A node is a file, folder or link; folders hold
// entries, which are names of nodes (a node may have several). Entries have rising numbers, so that
// reading a folder goes on rightly whatever is made and removed meanwhile.
#pragma once

#include <9p/server.h>

struct entry {
    struct entry *next;
    struct node *node; // counted
    uint64_t number;
    size_t size;
    char name[];
};

// Bytes of a file: in the heap while small, in a memory object of its own, mapped here, when large.
struct content {
    uint8_t *bytes;
    size_t capacity; // zero from the file's size on
    fe_handle memory;
};

struct node {
    struct p9_node node; // first
    struct content content;
    struct entry *first, **last; // of a folder
    struct node *parent;         // of a folder; not counted
    char *target;                // of a link
};

extern const struct p9_operations operations;

// content.c: all errors are -ENOMEM or -ENOSPC.
int content_reserve(struct content *content, size_t size);
// Makes the bytes from `size` to the old size zero, and gives memory back.
void content_shrink(struct content *content, size_t size, size_t old_size);
// The memory object with the bytes, moved there when they are small. Still the content's.
int content_memory(struct content *content, size_t size, fe_handle *memory);
void content_fini(struct content *content);

// file.c
int64_t file_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                  size_t count);
int64_t file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                   const void *from, size_t count);
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
int folder_link(struct p9_request *request, struct p9_node *node, const struct p9_place *to);

// node.c
struct node *node_create(const struct p9_creation *creation);
void node_release(struct p9_node *node);
void node_modified(struct node *node);
extern uint64_t node_count;
