// SPDX-License-Identifier: MIT
// An open file as descriptors share it: a file of the protocol, or a socket made of several.
#pragma once

#include "context.h"

struct socket;

struct file {
    uint32_t references; // descriptors, and calls under way; under context_lock
    int flags;           // the C library's O_* status flags: access mode, O_APPEND, O_NONBLOCK
    struct p9_file *p9;  // a socket's: its data file, or nullptr before there is one
    struct socket *socket;
    uint32_t terminal; // when that is known: its device number, 0: it is none (terminal.c)
    bool is_terminal_known;
    bool is_mapped;     // shared, or was at some time: mappings hold it (mapping.c)
    bool dots_told;     // of a folder that is listed: "." and ".." have been
    bool is_own_folder; // of the caller's descriptors (own.c)
    uint32_t listed;    // of that: descriptors before this one have been told
};

// Takes `p9` over, also on failure (nullptr: no memory). One reference, the caller's.
struct file *file_create(struct p9_file *p9, int flags);
static inline void file_get(struct file *file)
{
    __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
}
int file_destroy(struct file *file);
// The last one closes it; -EIO: what was written is lost.
static inline int file_put(struct file *file)
{
    bool is_last = __atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) == 0;
    return is_last ? file_destroy(file) : 0;
}

// The file behind a descriptor of the current context, with a reference for the caller; nullptr:
// EBADF.
struct file *file_hold_shared(long descriptor);
static inline struct file *file_hold(long descriptor)
{
    if (context_alone == nullptr) return file_hold_shared(descriptor);
    struct file *file = descriptor_find(&context_alone->descriptors, descriptor);
    if (file != nullptr) file->references++;
    return file;
}

// Gives `file` (consumed, also on failure) the lowest free descriptor. `flags`: O_CLOEXEC is looked
// at.
long file_install(struct file *file, int flags);

static inline bool file_is_directory(const struct file *file)
{
    return file->p9 != nullptr && (file->p9->qid_kind & QID_DIRECTORY) != 0;
}

// Reading and writing may wait, and may be told not to.
static inline bool file_may_wait(const struct file *file)
{
    return file->p9 == nullptr || (file->p9->qid_kind & 0xff & ~QID_APPEND) == QID_DEVICE;
}

// From the C library's O_* to the protocol's open flags and back.
uint32_t open_flags_to_protocol(int flags);
int open_flags_from_protocol(uint32_t flags);
