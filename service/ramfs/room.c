// SPDX-License-Identifier: MIT
// How much memory there is for files. The limit is shared with other services, which would die of
// what is missing; so a sixteenth of it stays free. Asking the kernel takes a call, so what it says
// is used up in larger pieces.
#include "ramfs.h"

#include <abi/syscalls.h>
#include <ferrite/memory.h>

enum : uint64_t { RESERVE = 16, PIECE = 1 << 20 };

static uint64_t granted;

void room_tell(uint64_t *total, uint64_t *left)
{
    struct fe_process_info info = {};
    enum status status = fe_memory_reclaim(); // what was removed just now is room again
    if (status == OK) status = fe_process_inspect(fe_process_self(), &info);
    uint64_t reserve = info.memory_limit / RESERVE;
    *left = status == OK && info.memory_left > reserve ? info.memory_left - reserve : 0;
    *total = info.memory_used + *left;
}

bool room_take(size_t bytes)
{
    if (bytes > granted) {
        uint64_t total, left;
        room_tell(&total, &left);
        if (bytes > left) return false;
        granted = bytes + (left - bytes < 2 * PIECE ? (left - bytes) / 2 : PIECE);
    }
    granted -= bytes;
    return true;
}
