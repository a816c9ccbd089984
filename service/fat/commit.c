// SPDX-License-Identifier: MIT
// Commits: contents first, then what leads to them. Clusters of what was removed are given back
// after that, so that nobody gets them while an entry on the disk still has them.
#include "fat.h"

#include <errno.h>
#include <ferrite/log.h>
#include <fileserver/fileserver.h>
#include <stdlib.h>

static void stop(int error, const char *what)
{
    if (fat.error != 0) return;
    fat.error = error;
    fat.is_read_only = true;
    fe_log("%s: %s (error %d); it can only be read from now on", fat.device.path, what, -error);
}

int condemn(FFOBJID *object)
{
    if (fat.condemned_count == fat.condemned_capacity) {
        size_t capacity = fat.condemned_capacity * 2 + 16;
        FFOBJID *more = realloc(fat.condemned, capacity * sizeof *more);
        if (more == nullptr) return -ENOMEM;
        fat.condemned = more;
        fat.condemned_capacity = capacity;
    }
    if (object->sclust != 0) fat.condemned[fat.condemned_count++] = *object;
    object->sclust = 0;
    object->objsize = 0;
    object->stat = 0;
    return 0;
}

static int condemned_free(void)
{
    int result = 0;
    for (size_t i = 0; i < fat.condemned_count && result == 0; i++)
        result = error_of(fat_cut(&fat.condemned[i], 0, fat.condemned[i].sclust));
    fat.condemned_count = 0;
    return result;
}

static int write_out(void)
{
    int result = error_of(fat_sync(&fat.fs));
    if (result == 0 && fat.cache.dirty != 0) {
        result = cache_write_back(&fat.cache, BLOCK_DIRTY);
        if (result == 0) result = device_flush(&fat.device);
    }
    if (result != 0 || fat.cache.held == 0) return result;
    cache_logged(&fat.cache);
    result = cache_write_back(&fat.cache, BLOCK_LOGGED);
    return result == 0 ? device_flush(&fat.device) : result;
}

// The disk says that all is well with it.
static int close_mark(void)
{
    int result = write_out();
    if (result == 0) result = error_of(fat_dirty_set(&fat.fs, false));
    fat.is_marked = false;
    return result == 0 ? write_out() : result;
}

int commit(bool is_idle)
{
    int result = 0;
    if (fat.error != 0) return -EIO;
    if (fat.is_read_only) return 0;
    while (fat.changed && result == 0) result = file_store(fat.changed);
    if (result == 0) result = write_out();
    if (result == 0 && fat.condemned_count != 0) {
        result = condemned_free();
        if (!is_idle) file_system_changed();
    }
    if (result == 0 && is_idle && fat.is_marked) result = close_mark();
    if (result != 0) stop(result, "cannot be written to");
    return result;
}

int change_begin(void)
{
    if (fat.error != 0) return -EIO;
    if (fat.is_read_only) return -EROFS;
    if (fat.cache.held > fat.cache.pages_max * fat.cache.page_blocks / 4) return commit(false);
    if (fat.is_marked || fat.was_dirty) return 0;
    fat.is_marked = true;
    return change_end(error_of(fat_dirty_set(&fat.fs, true)));
}

int change_end(int result)
{
    if (result == -EIO || result == -EUCLEAN) stop(result, "a change came to a halt");
    file_system_changed();
    return result;
}
