// SPDX-License-Identifier: MIT
// What a program's descriptors are when they travel to the next one: in the start block's private
// data. Open files that belong to one session are shared into a new session, whose handle travels
// by the name "files/<index>"; several descriptors may mean one file. The form:
//   struct inherit_header, files (each with its path, padded to 8 bytes), descriptors.
// A program of no C library hands files over by start handles "fd/<number>" or, for one that can be
// opened again when its server was restarted, "fd/<number>:<path>": a session, and as value the
// fid | open flags << 32.
#pragma once

#include <ferrite/spawn.h>
#include <stddef.h>
#include <stdint.h>

struct context;
struct file;

enum : uint32_t { INHERIT_MAGIC = 0x31444666 };

struct inherit_header {
    uint32_t magic;
    uint32_t size; // of all
    uint32_t file_count, descriptor_count;
    uint32_t umask;
    uint32_t program_size;     // bytes that follow: the program's path, with NUL
    uint64_t ignored, blocked; // signals
};

enum inherit_kind : uint32_t { INHERIT_FILE, INHERIT_SOCKET };

struct inherit_file {
    uint32_t session; // index
    uint32_t fid;
    uint32_t flags; // open flags of the protocol
    uint32_t kind;  // enum inherit_kind
    uint64_t qid_kind, qid_path;
    uint32_t io_unit;
    uint32_t path_size;  // bytes that follow, with NUL; 0: none
    uint32_t control;    // socket: fid of its control file; FE_9P_NO_FID: a local one
    uint32_t attributes; // socket: domain | type << 16
};

struct inherit_descriptor {
    uint32_t number;
    uint32_t file; // index
};

// The serial form as it grows, and read back with all bounds checked.
struct inherit_text {
    uint8_t *data;
    size_t size, capacity;
    bool failed; // out of memory
};
void inherit_begin(struct inherit_text *text, const char *program);
void inherit_add_file(struct inherit_text *text, const struct inherit_file *file, const char *path);
void inherit_add_descriptor(struct inherit_text *text, const struct inherit_descriptor *entry);

struct inherit_reader {
    const uint8_t *at, *end;
    struct inherit_header header;
    const char *program;
};
// Whether it means to be such a form, be it whole or not.
bool inherit_is_marked(const void *data, size_t size);
bool inherit_open(struct inherit_reader *reader, const void *data, size_t size);
bool inherit_next_file(struct inherit_reader *reader, struct inherit_file *file, const char **path);
bool inherit_next_descriptor(struct inherit_reader *reader, struct inherit_descriptor *entry);

// A child's share of `context`: the handles and the data of its start block.
struct inherit_parcel {
    struct inherit_text text;
    struct fe_spawn_handle *handles; // to be passed by fe_spawn, consumed there
    char (*names)[16];
    size_t handle_count;
};
long inherit_pack(struct context *context, const char *program, struct inherit_parcel *parcel);
// Frees all; `consumed`: the handles went to fe_spawn.
void inherit_unpack(struct inherit_parcel *parcel, bool consumed);

// Open files for somebody who is no child (SCM_RIGHTS): sessions, at most FE_MESSAGE_HANDLES, and a
// text. It names no paths: a receiver would open them by his own authority. `count` is at most
// INHERIT_FILES_MAX. -ETOOMANYREFS: they are of more sessions.
enum : size_t { INHERIT_FILES_MAX = 253 };
long inherit_pack_files(struct file **files, size_t count, struct inherit_parcel *parcel);
// The other side of it, which believes nothing: up to `most` files with one reference each. The
// handles are consumed. How many, or a negative errno.
struct inherit_delivery {
    const void *text;
    size_t size;
    const fe_handle *handles;
    size_t handle_count;
};
long inherit_unpack_files(const struct inherit_delivery *delivery, struct file **files,
                          size_t most);

// At start: the context from the start block. Ends the program when there is no memory for it, or
// when the form is damaged.
void inherit_restore(struct context *context);
