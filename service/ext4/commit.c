// SPDX-License-Identifier: MIT
// Commits: everything changed since the last one, made safe at once. Blocks given back stay taken
// until then, in the bitmap in memory: if the power goes before, the file that had them has them
// still, whole.
#include "ext4.h"

#include <errno.h>
#include <ferrite/log.h>
#include <fileserver/fileserver.h>
#include <stdlib.h>

enum : uint64_t { BLOCKS_SPARE = 64 };

void ext4_abort(int error, const char *what)
{
    if (ext4.error != 0) return;
    ext4.error = error;
    ext4.is_read_only = true;
    fe_log("%s: %s (error %d); it can only be read from now on", ext4.device.path, what, -error);
}

static bool freed_note(blk64_t block)
{
    struct range *last = ext4.freed_count ? &ext4.freed[ext4.freed_count - 1] : nullptr;
    if (last && last->first + last->count == block) {
        last->count++;
        return true;
    }
    if (ext4.freed_count == ext4.freed_capacity) {
        size_t capacity = ext4.freed_capacity * 2 + 64;
        struct range *more = realloc(ext4.freed, capacity * sizeof *more);
        if (more == nullptr) return false;
        ext4.freed = more;
        ext4.freed_capacity = capacity;
    }
    ext4.freed[ext4.freed_count++] = (struct range){block, 1};
    return true;
}

void block_freed(ext2_filsys fs, blk64_t block, int in_use)
{
    if (in_use > 0) return;
    ext2fs_mark_block_bitmap2(fs->block_map, block);
    cache_forget(&ext4.cache, block);
    if (freed_note(block)) {
        ext4.freed_blocks++;
    } else {
        ext4_abort(-ENOMEM, "no memory to note what is free");
    }
}

static void freed_give(void)
{
    for (size_t i = 0; i < ext4.freed_count; i++) {
        const struct range *range = &ext4.freed[i];
        ext2fs_unmark_block_bitmap_range2(ext4.fs->block_map, range->first,
                                          (unsigned int)range->count);
    }
    ext4.freed_count = 0;
    ext4.freed_blocks = 0;
}

static int structures_write(void)
{
    while (ext4.changed) {
        int result = file_store(ext4.changed);
        if (result != 0) return result;
    }
    freed_give();
    if ((ext4.fs->flags & EXT2_FLAG_DIRTY) == 0) return 0;
    return error_of(ext2fs_flush2(ext4.fs, EXT2_FLAG_FLUSH_NO_SYNC));
}

int commit(void)
{
    if (ext4.error != 0) return ext4.error;
    if (ext4.is_read_only) return 0;
    int result = structures_write();
    if (result == 0) result = cache_write_back(&ext4.cache, BLOCK_DIRTY);
    if (result == 0) result = journal_commit(&ext4.journal, &ext4.cache);
    if (result == 0 && journal_is_full(&ext4.journal))
        result = journal_checkpoint(&ext4.journal, &ext4.cache);
    if (result != 0)
        ext4_abort(result, "cannot be written to");
    else
        lost_commit();
    return result;
}

int change_begin(uint64_t blocks)
{
    if (ext4.error != 0) return -EIO;
    if (ext4.is_read_only) return -EROFS;
    uint64_t left = ext2fs_free_blocks_count(ext4.fs->super);
    bool is_short = ext4.freed_blocks != 0 && left < ext4.freed_blocks + blocks + BLOCKS_SPARE;
    return is_short || ext4.cache.held > journal_room(&ext4.journal) ? commit() : 0;
}

void change_end(void)
{
    file_system_changed();
}
