// SPDX-License-Identifier: MIT
// See the header.
#include "kernel/object/path.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "kernel/schedule/lock.h"
#include "kernel/syscall.h"

enum : uint64_t { POINT_END = 1u << 30 };
enum : uint32_t { HASH_BITS = 33, AT_BITS = 15 };

uint64_t path_point;

void path_init(void)
{
    while (path_point == 0) {
        random_fill(&path_point, sizeof path_point);
        path_point %= POINT_END;
    }
}

static bool has_null(const char *path, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (path[i] == '\0') return true;
    }
    return false;
}

// Of a component with its slash: that it is not empty, "." or "..".
static bool is_component(const char *path, size_t size)
{
    if (size < 2) return false;
    if (path[1] != '.') return true;
    return size > 3 || (size == 3 && path[2] != '.');
}

enum status path_check(struct path_scan *scan, const char *path, size_t size)
{
    if (size == 0 || path[0] != '/') return ERR_BAD_ARGUMENT;
    while (scan->at < size) {
        uint32_t before = scan->at;
        bool is_end = path_pass(scan, path, size);
        if (has_null(path + before, scan->at - before)) return ERR_BAD_ARGUMENT;
        if (is_end) {
            bool is_root = size == 1;
            if (!is_root && !is_component(path + scan->from, scan->at - scan->from))
                return ERR_BAD_ARGUMENT;
            scan->from = scan->at;
        }
        if (size > PATH_SHORT && lock_should_pass()) return CALL_RESTART;
    }
    return OK;
}

uint64_t path_pack(const struct path_scan *scan)
{
    static_assert(HASH_BITS + 2 * AT_BITS <= 64);
    ASSERT(scan->hash >> HASH_BITS == 0 && (scan->at | scan->from) >> AT_BITS == 0);
    return scan->hash | (uint64_t)scan->at << HASH_BITS |
           (uint64_t)scan->from << (HASH_BITS + AT_BITS);
}

struct path_scan path_unpack(uint64_t word)
{
    return (struct path_scan){
        .hash = word & ((UINT64_C(1) << HASH_BITS) - 1),
        .at = word >> HASH_BITS & ((1u << AT_BITS) - 1),
        .from = (uint32_t)(word >> (HASH_BITS + AT_BITS)),
    };
}
