// SPDX-License-Identifier: MIT
// The messages of 9P2000.L as bytes: size[4] type[1] tag[2], then fields, all little-endian. A
// message is decoded into its numbers, its texts and its data, in the order in which they come; a
// qid is three numbers (type, version, path). Every length is checked against the frame, and a
// frame must end with its last field. Nothing is allocated; texts and data stay in the frame.
// Callable from any thread.
//
// The fields are those of intro(5) of Plan 9 and of the protocol's description in diod and Linux.
#pragma once

#include <abi/9p.h>
#include <stddef.h>
#include <stdint.h>

enum : uint32_t {
    WIRE_HEADER = 7,
    WIRE_NAMES = 16,       // most names in one walk
    WIRE_NUMBERS = 50,     // most numbers: a walk of so many
    WIRE_DATA_HEADER = 24, // more than what goes with the data of one read or write
    WIRE_LEAST = 4096,     // the smallest message size that is agreed on
    WIRE_MOST = FE_9P_DATA_MAX + WIRE_DATA_HEADER,
    WIRE_NO_FID = UINT32_MAX,
    WIRE_NO_UID = UINT32_MAX,
};
enum : uint16_t { WIRE_NO_TAG = UINT16_MAX };

#define WIRE_VERSION "9P2000.L"
// The same with poll and control, which only Ferrite speaks. Who does not know it says "unknown",
// or offers the one above.
#define WIRE_VERSION_OWN "9P2000.L.ferrite"

// A reply's type is its request's plus one.
enum wire_type : uint8_t {
    WIRE_ERROR_REPLY = 7, // number: errno
    WIRE_STATFS = 8,
    WIRE_OPEN = 12,
    WIRE_CREATE = 14,
    WIRE_SYMLINK = 16,
    WIRE_MKNOD = 18,
    WIRE_RENAME = 20,
    WIRE_READLINK = 22,
    WIRE_GETATTR = 24,
    WIRE_SETATTR = 26,
    WIRE_XATTR_WALK = 30,
    WIRE_XATTR_CREATE = 32,
    WIRE_READDIR = 40,
    WIRE_FSYNC = 50,
    WIRE_LOCK = 52,
    WIRE_GETLOCK = 54,
    WIRE_LINK = 70,
    WIRE_MKDIR = 72,
    WIRE_RENAME_AT = 74,
    WIRE_UNLINK_AT = 76,
    WIRE_VERSION_OF = 100,
    WIRE_AUTH = 102,
    WIRE_ATTACH = 104,
    WIRE_FLUSH = 108,
    WIRE_WALK = 110,
    WIRE_READ = 116,
    WIRE_WRITE = 118,
    WIRE_CLUNK = 120,
    WIRE_REMOVE = 122,
    // Only where WIRE_VERSION_OWN was agreed on. Poll is answered at once with what is ready of the
    // events; where it waits, when something is, or with EBADF when the fid is clunked.
    WIRE_POLL = 180,    // fid, events (READY_*), waits; answer: what is ready
    WIRE_CONTROL = 182, // fid, request (CONTROL_*), data; answer: value, data
};

struct wire_text { // not NUL-terminated
    const char *text;
    uint32_t size;
};

struct wire_message {
    uint8_t type;
    uint16_t tag;
    uint64_t number[WIRE_NUMBERS];
    struct wire_text text[WIRE_NAMES];
    const uint8_t *data;
    uint32_t size; // of the data
};

// The size that a frame's first four bytes say; `frame` has at least those.
uint32_t wire_size(const uint8_t *frame);

// False: `frame` is no message of this protocol. `message` is undefined then.
bool wire_decode(const uint8_t *frame, size_t size, struct wire_message *message);

// The frame's size; 0 when it does not fit or the message is none. Data may be in place already.
size_t wire_encode(const struct wire_message *message, uint8_t *frame, size_t capacity);

struct wire_text wire_text_of(const char *text);
bool wire_text_is(struct wire_text text, const char *other);

// A name that may be walked to or made: neither empty nor too long, without slash and NUL, not "."
// or "..".
bool wire_is_name(struct wire_text name);

// Attributes as the numbers of a getattr reply, and back.
void wire_attributes_put(struct wire_message *reply, const struct fe_9p_attributes *attributes);
void wire_attributes_get(const struct wire_message *reply, struct fe_9p_attributes *attributes);

// What a setattr request says after its fid, and back. False: a bit that is not understood.
void wire_change_put(struct wire_message *request, uint32_t valid,
                     const struct fe_9p_attributes *attributes);
bool wire_change_get(const struct wire_message *request, uint32_t *valid,
                     struct fe_9p_attributes *attributes);

void wire_statfs_put(struct wire_message *reply, const struct fe_9p_statfs *statistics);
void wire_statfs_get(const struct wire_message *reply, struct fe_9p_statfs *statistics);

// One entry of a directory's listing. Both return the entry's bytes; 0: no room, or malformed.
struct wire_entry {
    uint8_t qid_type;
    uint32_t qid_version;
    uint64_t qid_path;
    uint64_t next;
    uint8_t type;
    struct wire_text name;
};
size_t wire_entry_put(uint8_t *to, size_t capacity, const struct wire_entry *entry);
size_t wire_entry_get(const uint8_t *from, size_t size, struct wire_entry *entry);
