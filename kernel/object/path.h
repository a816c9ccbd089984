// SPDX-License-Identifier: MIT
// Going through a path, component by component, with a hash of what was passed: the prefix of a
// path has the hash that it would have as a path. It is a polynomial over the bytes, modulo
// 2^31 - 1, at a secret point: whoever does not know that point finds no two paths with one hash,
// but by luck of one in 2^20 at the worst. A way of more than some dozen bytes is taken in pieces.
#pragma once

#include <abi/status.h>
#include <stddef.h>
#include <stdint.h>

struct path_scan {
    uint64_t hash; // below 2^33
    uint32_t at;   // bytes passed
    uint32_t from; // where the component that is passed begins, with its slash
};

enum : size_t {
    PATH_PIECE = 64, // passed at once
    PATH_SHORT = 16, // checked at once, whatever is in it
};

// Draws the secret, once.
void path_init(void);

extern uint64_t path_point; // the secret: 1 to 2^30 - 1

static inline struct path_scan path_begin(void)
{
    return (struct path_scan){.hash = 1};
}

// Goes on to the end of the component, or a piece of it; `scan` is not at the end of the path. True
// at the end of the component. Inline, for names are resolved all the time.
static inline bool path_pass(struct path_scan *scan, const char *path, size_t size)
{
    enum : uint64_t { MODULUS = (1u << 31) - 1 };
    size_t left = size - scan->at;
    const char *next = path + scan->at, *stop = next + (left < PATH_PIECE ? left : PATH_PIECE);
    uint64_t hash = scan->hash, point = path_point;
    uint8_t byte = (uint8_t)*next;
    do {
        // Not the remainder, but congruent to it, below 2^33, and the same for the same bytes.
        hash = (hash + byte) * point;
        hash = (hash & MODULUS) + (hash >> 31);
        if (++next == stop) break;
        byte = (uint8_t)*next;
    } while (byte != '/');
    scan->hash = hash;
    scan->at = (uint32_t)(next - path);
    return scan->at == size || *next == '/';
}

// Goes through a path that is to be mounted at: absolute, no empty component, none that means
// another, no slash at the end, no null: ERR_BAD_ARGUMENT. CALL_RESTART, of a path that is not
// short: an interrupt waits, `scan` tells how far it came, which may be the end.
enum status path_check(struct path_scan *scan, const char *path, size_t size);

// A scan in one word, and back; `path_unpack(path_pack(scan))` is `scan`.
uint64_t path_pack(const struct path_scan *scan);
struct path_scan path_unpack(uint64_t word);
