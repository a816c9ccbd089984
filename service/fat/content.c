// SPDX-License-Identifier: MIT
// What files contain. Contents are dirty blocks of the cache, written to their places before the
// entries that say where they are, or at any time when room is short. FAT has no holes: what is
// skipped is written as zeros, but on exFAT, which says up to where a file was ever written.
#include "fat.h"

#include <errno.h>
#include <string.h>

static const uint8_t zeros[4096];

// A piece of the disk that lies together: sectors from `*sector` on.
static int place(struct file *file, uint64_t offset, uint64_t *sector, uint64_t *count)
{
    uint32_t size = fat.cache.block_size, in_cluster = (uint32_t)(offset % fat.cluster_size);
    struct run run;
    int result = map_find(file, (uint32_t)(offset / fat.cluster_size), &run);
    if (result != 0) return result;
    *sector = fat_sector(&fat.fs, run.cluster) + in_cluster / size;
    *count = (uint64_t)run.count * fat.fs.csize - in_cluster / size;
    return 0;
}

// A piece in memory; `*bytes` stays until the cache is used again.
static int64_t piece(struct file *file, uint64_t offset, size_t count, const uint8_t **bytes)
{
    uint32_t size = fat.cache.block_size, skip = (uint32_t)(offset % size);
    uint64_t sector, run, valid = file->entry.valid;
    if (offset >= valid) {
        *bytes = zeros;
        return (int64_t)(count < sizeof zeros ? count : sizeof zeros);
    }
    if (count > valid - offset) count = (size_t)(valid - offset);
    int result = place(file, offset, &sector, &run);
    if (result != 0) return result;
    size_t ahead = offset == file->next_read && offset != 0 ? CACHE_PAGE : 0;
    uint64_t wanted = (skip + count + ahead + size - 1) / size;
    uint32_t blocks = (uint32_t)(wanted < run ? wanted : run);
    result = cache_read(&fat.cache, sector, &blocks, bytes);
    if (result != 0) return result;
    *bytes += skip;
    size_t have = (size_t)blocks * size - skip;
    return (int64_t)(count < have ? count : have);
}

int64_t content_copy(struct p9_node *node, uint64_t offset, uint8_t *to, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const uint8_t *bytes;
        int64_t part = piece(file_of(node), offset + done, count - done, &bytes);
        if (part < 0) return done != 0 ? (int64_t)done : part;
        memcpy(to + done, bytes, (size_t)part);
        done += (size_t)part;
    }
    return (int64_t)done;
}

int64_t content_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                     size_t count)
{
    struct file *file = file_of(open->node);
    if ((file->node.mode & MODE_TYPE) != MODE_FILE) return -EISDIR;
    if (offset >= file->node.size) return 0;
    if (count > file->node.size - offset) count = (size_t)(file->node.size - offset);
    const uint8_t *bytes;
    int64_t part = piece(file, offset, count, &bytes);
    if (part < 0) return part;
    file->next_read = offset + count;
    if ((size_t)part == count) {
        request->bytes = bytes;
        return part;
    }
    memcpy(to, bytes, (size_t)part);
    int64_t rest = content_copy(&file->node, offset + (uint64_t)part, (uint8_t *)to + part,
                                count - (size_t)part);
    return rest < 0 ? part : part + rest;
}

// Into clusters that are there. `from` nullptr: zeros. What is beyond `valid` in a sector is
// nothing that was ever written.
static int64_t write_piece(struct file *file, uint64_t offset, const uint8_t *from, size_t count)
{
    uint32_t size = fat.cache.block_size, skip = (uint32_t)(offset % size);
    uint64_t sector, run, valid = file->entry.valid;
    int result = place(file, offset, &sector, &run);
    if (result != 0) return result;
    size_t done = 0;
    for (uint64_t i = 0; i < run && done < count; i++, skip = 0) {
        size_t part = size - skip < count - done ? size - skip : count - done;
        if (part == size && from) {
            result = cache_overwrite(&fat.cache, sector + i, run - i, from + done, count - done);
            if (result < 0) return done != 0 ? (int64_t)done : result;
            i += (uint64_t)result - 1;
            done += (size_t)result * size;
            continue;
        }
        bool is_new = offset + done - skip >= valid;
        uint8_t *to;
        result = cache_change(&fat.cache, sector + i, BLOCK_DIRTY, is_new || part == size, &to);
        if (result != 0) return done != 0 ? (int64_t)done : result;
        if (is_new && part != size) memset(to, 0, size);
        if (from) {
            memcpy(to + skip, from + done, part);
        } else {
            memset(to + skip, 0, part);
        }
        done += part;
    }
    return (int64_t)done;
}

static int64_t write_all(struct file *file, uint64_t offset, const uint8_t *from, uint64_t count)
{
    uint64_t done = 0;
    int64_t part = 0;
    while (done < count) {
        size_t most = count - done < CACHE_PAGE ? (size_t)(count - done) : CACHE_PAGE;
        part = write_piece(file, offset + done, from ? from + done : nullptr, most);
        if (part < 0) break;
        done += (uint64_t)part;
        if (offset + done > file->entry.valid) file->entry.valid = offset + done;
    }
    return done != 0 ? (int64_t)done : part;
}

// Zeros from the last that was written up to `end`.
static int fill(struct file *file, uint64_t end)
{
    while (file->entry.valid < end) {
        int64_t part = write_all(file, file->entry.valid, nullptr, end - file->entry.valid);
        if (part < 0) return (int)part;
    }
    return 0;
}

static void size_set(struct file *file, uint64_t size)
{
    file->node.size = file->entry.object.objsize = size;
}

// Room for `size` bytes, or less: `*size` is what there is room for.
static int reserve(struct file *file, uint64_t *size)
{
    uint32_t count = clusters_of(*size), have = clusters_of(file->node.size);
    if (count <= have) return 0;
    if (count > fat.fs.n_fatent) count = fat.fs.n_fatent; // more cannot be
    uint64_t before = file->node.size;
    int result = map_extend(file, &count);
    if (result != 0) return result;
    uint64_t room = (uint64_t)count * fat.cluster_size;
    if (*size > room) *size = room;
    if (*size > before) size_set(file, *size); // the chain and its size go together
    return 0;
}

static uint64_t size_limit(void)
{
    return fat.fs.fs_type == FS_EXFAT ? INT64_MAX : UINT32_MAX;
}

// What was reserved and could not be used goes back.
static int cut(struct file *file, uint64_t size)
{
    uint32_t count = clusters_of(size);
    int result = count < clusters_of(file->node.size) ? map_cut(file, count) : 0;
    if (result != 0) return result;
    size_set(file, size);
    if (file->entry.valid > size) file->entry.valid = size;
    return 0;
}

static int64_t write_within(struct file *file, uint64_t offset, const void *from, size_t count)
{
    uint64_t before = file->node.size, end = offset + count;
    int result = reserve(file, &end);
    if (result != 0) return result;
    if (end <= offset) {
        result = cut(file, before);
        return result != 0 ? result : -ENOSPC;
    }
    if (end > file->node.size) size_set(file, end);
    result = fill(file, offset);
    return result != 0 ? result : write_all(file, offset, from, end - offset);
}

int64_t content_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                      const void *from, size_t count)
{
    struct file *file = file_of(open->node);
    if ((file->node.mode & MODE_TYPE) != MODE_FILE) return -EISDIR;
    if (offset > size_limit() || count > size_limit() - offset) return -EFBIG;
    if (count == 0) return 0;
    int result = change_begin();
    if (result != 0) return result;
    int64_t done = write_within(file, offset, from, count);
    if (done > 0) file_touch(file);
    result = change_end(done < 0 ? (int)done : 0);
    return result != 0 ? result : done;
}

static int grow(struct file *file, uint64_t size)
{
    uint64_t before = file->node.size, end = size;
    int result = reserve(file, &end);
    if (result != 0) return result;
    if (end < size) {
        result = cut(file, before);
        return result != 0 ? result : -ENOSPC;
    }
    size_set(file, size);
    return fat.fs.fs_type == FS_EXFAT ? 0 : fill(file, size);
}

int content_truncate(struct p9_request *request, struct p9_node *node, uint64_t size)
{
    struct file *file = file_of(node);
    if ((node->mode & MODE_TYPE) != MODE_FILE) return -EISDIR;
    if (size > size_limit()) return -EFBIG;
    int result = change_begin();
    if (result != 0) return result;
    result = size > node->size ? grow(file, size) : cut(file, size);
    if (result == 0) file_touch(file);
    return change_end(result);
}
