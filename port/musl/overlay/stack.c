// SPDX-License-Identifier: MIT
// Stacks of threads. Those of ended threads are kept, a few, for the next threads of the same size:
// that spares mapping, guarding, touching and unmapping them. Guarded by the lock of the thread
// list, which an ending thread holds until it has left its stack.

#include "stack.h"

#include "libc.h"
#include "pthread_impl.h"
#include <string.h>

enum { KEPT_MAX = 8, KEPT_BYTES = 1 << 20 };

static struct stack {
    unsigned char *base;
    size_t size, guard;
} kept[KEPT_MAX]; // the oldest first
static size_t count, bytes;

static struct stack take(size_t at)
{
    struct stack stack = kept[at];
    count--;
    bytes -= stack.size;
    memmove(kept + at, kept + at + 1, (count - at) * sizeof *kept);
    return stack;
}

static int has_room(size_t size)
{
    return count < KEPT_MAX && bytes + size <= KEPT_BYTES;
}

static void keep(void *base, size_t size, size_t guard)
{
    kept[count++] = (struct stack){base, size, guard};
    bytes += size;
}

// One thread's after another's, so the newest is the best: its pages were touched last.
void *__stack_take(size_t size, size_t guard)
{
    struct stack found = {0};
    __tl_lock();
    for (size_t at = count; at-- > 0;) {
        if (kept[at].size != size || kept[at].guard != guard) continue;
        found = take(at);
        break;
    }
    __tl_unlock();
    if (!found.base) return 0;
    size_t block = libc.tls_size + __pthread_tsd_size;
    memset(found.base + size - block, 0, block);
    return found.base;
}

// Older ones make room: sizes that nobody asks for any more do not stay.
void __stack_give(void *base, size_t size, size_t guard)
{
    struct stack old[KEPT_MAX];
    size_t gone = 0;
    if (size > KEPT_BYTES) {
        __munmap(base, size);
        return;
    }
    __tl_lock();
    while (!has_room(size)) old[gone++] = take(0);
    keep(base, size, guard);
    __tl_unlock();
    while (gone) {
        gone--;
        __munmap(old[gone].base, old[gone].size);
    }
}

int __stack_leave(void *base, size_t size, size_t guard)
{
    if (!has_room(size)) return 0;
    keep(base, size, guard);
    return 1;
}
