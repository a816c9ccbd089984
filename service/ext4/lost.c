// SPDX-License-Identifier: MIT
// Who makes a file safe by fsync need not be who wrote to it, and may come when the server that had
// the changes has ended and another one serves the volume. So each file that has changes which are
// not committed is noted in memory that init keeps. What is still noted there when a server starts
// was lost with the one before: whoever syncs such a file first is told so, once, as on other
// systems after a failed write-back. The notes stay until then, for the next server, too.
#include "ext4.h"

#include <ferrite/log.h>
#include <kept/kept.h>
#include <stdlib.h>

enum : size_t { LOST_MAX = 4096 }; // more are not told of

struct mark {
    uint32_t number, generation;
};

struct lost {
    struct lost *next;
    uint32_t record;
    struct mark mark;
};

static struct lost *lost; // the newest first
static uint64_t now = 1;  // counts commits
static uint32_t *records; // noted since the last one
static size_t count, capacity;

static bool is_same(const struct mark *one, const struct mark *other)
{
    return one->number == other->number && one->generation == other->generation;
}

// The file is still there, and not known yet.
static bool is_news(const struct mark *mark)
{
    struct ext2_inode inode;
    if (mark->number == 0 || mark->number > ext4.fs->super->s_inodes_count) return false;
    if (ext2fs_read_inode(ext4.fs, mark->number, &inode) != 0) return false;
    if (inode.i_links_count == 0 || inode.i_generation != mark->generation) return false;
    const struct lost *at = lost;
    while (at != nullptr && !is_same(&at->mark, mark)) at = at->next;
    return at == nullptr;
}

static void forget(struct lost **at)
{
    struct lost *gone = *at;
    kept_remove(gone->record);
    *at = gone->next;
    free(gone);
}

void lost_open(void)
{
    uint32_t record = 0;
    size_t files = 0;
    const struct mark *mark;
    if (kept_open(sizeof *mark) != OK) return;
    while ((mark = kept_next(&record)) != nullptr) {
        struct lost *one = files < LOST_MAX && is_news(mark) ? malloc(sizeof *one) : nullptr;
        if (one == nullptr) {
            kept_remove(record);
            continue;
        }
        *one = (struct lost){.next = lost, .record = record, .mark = *mark};
        lost = one;
        files++;
    }
    kept_finish();
    if (files != 0)
        fe_log("%s: changes of %zu files were not safe when the server ended", ext4.device.path,
               files);
}

static bool has_room(void)
{
    if (count < capacity) return true;
    size_t larger = capacity * 2 + 64;
    uint32_t *more = realloc(records, larger * sizeof *records);
    if (more == nullptr) return false;
    records = more;
    capacity = larger;
    return true;
}

void lost_note(struct file *file)
{
    if (file->noted == now || file->node.links == 0) return;
    const struct mark mark = {file->number, file->inode.i_generation};
    file->noted = now;
    uint32_t record = has_room() ? kept_create(&mark) : 0;
    if (record != 0) records[count++] = record;
}

void lost_commit(void)
{
    while (count != 0) kept_remove(records[--count]);
    now++;
}

static struct lost **find(const struct file *file)
{
    const struct mark mark = {file->number, file->inode.i_generation};
    struct lost **at = &lost;
    while (*at != nullptr && !is_same(&(*at)->mark, &mark)) at = &(*at)->next;
    return at;
}

void lost_forget(struct file *file)
{
    struct lost **at = find(file);
    if (*at != nullptr) forget(at);
}

bool lost_tell(struct file *file)
{
    struct lost **at = find(file);
    if (*at == nullptr) return false;
    forget(at);
    return true;
}
