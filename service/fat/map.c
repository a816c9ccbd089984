// SPDX-License-Identifier: MIT
// Where a file's clusters are: its chain, followed once, and kept as runs of neighbours.
#include "fat.h"

#include <errno.h>
#include <stdlib.h>

void map_drop(struct file *file)
{
    free(file->runs);
    file->runs = nullptr;
    file->run_count = file->run_capacity = 0;
}

static struct run *last_of(struct file *file)
{
    return file->run_count == 0 ? nullptr : &file->runs[file->run_count - 1];
}

static int note(struct file *file, uint32_t cluster)
{
    struct run *last = last_of(file);
    uint32_t index = last ? last->index + last->count : 0;
    if (cluster < 2 || cluster >= fat.fs.n_fatent || index >= fat.fs.n_fatent) return -EUCLEAN;
    if (last && last->cluster + last->count == cluster) {
        last->count++;
        return 0;
    }
    if (file->run_count == file->run_capacity) {
        uint32_t capacity = file->run_capacity * 2 + 4;
        struct run *more = realloc(file->runs, capacity * sizeof *more);
        if (more == nullptr) return -ENOMEM;
        file->runs = more;
        file->run_capacity = capacity;
    }
    file->runs[file->run_count++] = (struct run){index, cluster, 1};
    return 0;
}

// Follows the chain by one cluster. 1: it ends.
static int follow(struct file *file)
{
    const FFOBJID *object = &file->entry.object;
    const struct run *last = last_of(file);
    if (last == nullptr) return object->sclust == 0 ? 1 : note(file, object->sclust);
    DWORD next = fat_next(object, last->cluster + last->count - 1);
    if (next == 0xFFFFFFFF) return -EIO;
    if (next < 2) return -EUCLEAN;
    return next >= fat.fs.n_fatent ? 1 : note(file, next);
}

static uint32_t known(struct file *file)
{
    const struct run *last = last_of(file);
    return last ? last->index + last->count : 0;
}

static const struct run *run_of(const struct file *file, uint32_t index)
{
    uint32_t low = 0, high = file->run_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        *(file->runs[middle].index <= index ? &low : &high) = middle;
    }
    return &file->runs[low];
}

int map_find(struct file *file, uint32_t index, struct run *run)
{
    uint32_t ahead = CACHE_PAGE / fat.cluster_size, size = clusters_of(file->node.size);
    uint32_t wanted = index + ahead < size ? index + ahead : size;
    int result = 0;
    while (result == 0 && known(file) < wanted) result = follow(file);
    if (index >= known(file)) return result == 1 || result == 0 ? -EUCLEAN : result;
    const struct run *found = run_of(file, index);
    uint32_t skip = index - found->index;
    *run = (struct run){index, found->cluster + skip, found->count - skip};
    return 0;
}

static int add(struct file *file)
{
    FFOBJID *object = &file->entry.object;
    const struct run *last = last_of(file);
    DWORD end = last ? last->cluster + last->count - 1 : 0, added;
    uint64_t size = (uint64_t)known(file) * fat.cluster_size;
    int result = error_of(fat_extend(object, end, size, &added));
    return result == 0 ? note(file, added) : result;
}

int map_extend(struct file *file, uint32_t *count)
{
    FFOBJID *object = &file->entry.object;
    uint64_t size = object->objsize;
    uint32_t have = clusters_of(size);
    int result = 0;
    while (result == 0 && known(file) < have) result = follow(file);
    if (result != 0) return result == 1 ? -EUCLEAN : result;
    while (result == 0 && known(file) < *count) {
        result = add(file);
        if (result == -ENOSPC && fat.condemned_count != 0) {
            object->objsize = size;
            result = commit(false);
        }
    }
    object->objsize = size;
    *count = known(file) < *count ? known(file) : *count;
    return result == -ENOSPC ? 0 : result;
}

static void forget(struct file *file, uint32_t count)
{
    while (file->run_count != 0 && last_of(file)->index >= count) file->run_count--;
    if (known(file) > count) last_of(file)->count = count - last_of(file)->index;
}

int map_cut(struct file *file, uint32_t count)
{
    FFOBJID *object = &file->entry.object;
    struct run run;
    if (count == 0) {
        map_drop(file);
        return condemn(object);
    }
    int result = map_find(file, count - 1, &run);
    if (result != 0) return result;
    forget(file, count);
    DWORD next = fat_next(object, run.cluster);
    if (next == 0xFFFFFFFF) return -EIO;
    if (next < 2) return -EUCLEAN;
    return next >= fat.fs.n_fatent ? 0 : error_of(fat_cut(object, run.cluster, next));
}
