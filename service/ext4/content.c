// SPDX-License-Identifier: MIT
// What files contain. Contents are dirty blocks of the cache, written to their places before the
// transaction that has their inode, or at any time when room is short.
#include "ext4.h"

#include <errno.h>
#include <string.h>

enum : uint32_t { READ_AHEAD = 448 << 10 };

static const uint8_t zeros[4096];

static uint32_t blocks_of(const struct map *map, uint64_t bytes)
{
    uint64_t blocks = (bytes + ext4.cache.block_size - 1) / ext4.cache.block_size;
    return (uint32_t)(blocks < map->count ? blocks : map->count);
}

// Who reads in order finds the next blocks there.
static void read_ahead(const struct file *file, uint64_t offset, size_t count,
                       const struct map *map)
{
    size_t skip = (size_t)(offset % ext4.cache.block_size);
    if (offset != file->next_read || offset == 0) return;
    uint32_t blocks = blocks_of(map, skip + count);
    if (cache_is(&ext4.cache, map->physical + blocks - 1, BLOCK_VALID)) return;
    blocks = blocks_of(map, skip + count + READ_AHEAD);
    int result = cache_fetch(&ext4.cache, map->physical, blocks);
    (void)result; // told when it is read
}

// A piece that lies together; `*bytes` stays until the cache is used again.
static int64_t piece(struct file *file, uint64_t offset, size_t count, const uint8_t **bytes)
{
    uint32_t size = ext4.cache.block_size, skip = (uint32_t)(offset % size);
    struct map map;
    int result = map_find(file, offset / size, &map);
    if (result != 0) return result;
    if (map.is_hole) {
        *bytes = zeros;
        uint64_t whole = map.count * size - skip;
        if (count > whole) count = (size_t)whole;
        return (int64_t)(count < sizeof zeros ? count : sizeof zeros);
    }
    read_ahead(file, offset, count, &map);
    uint32_t blocks = blocks_of(&map, skip + count);
    result = cache_read(&ext4.cache, map.physical, &blocks, bytes);
    if (result != 0) return result;
    *bytes += skip;
    size_t have = (size_t)blocks * size - skip;
    return (int64_t)(count < have ? count : have);
}

int64_t content_copy(struct file *file, uint64_t offset, uint8_t *to, size_t count)
{
    size_t done = 0;
    while (done < count) {
        const uint8_t *bytes;
        int64_t part = piece(file, offset + done, count - done, &bytes);
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
    if ((file->node.mode & MODE_TYPE) != MODE_FILE) return -EINVAL;
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
    int64_t rest =
        content_copy(file, offset + (uint64_t)part, (uint8_t *)to + part, count - (size_t)part);
    return rest < 0 ? part : part + rest;
}

// Into blocks that are there, or new ones, within one piece of the disk.
static int64_t write_piece(struct file *file, uint64_t offset, const uint8_t *from, size_t count)
{
    uint32_t size = ext4.cache.block_size, skip = (uint32_t)(offset % size);
    struct map map;
    int result = map_find(file, offset / size, &map);
    bool is_new = result == 0 && map.is_hole;
    if (is_new) result = map_allocate(file, offset / size, (skip + count + size - 1) / size, &map);
    if (result != 0) return result;
    size_t done = 0;
    for (uint64_t i = 0; i < map.count && done < count; i++, skip = 0) {
        size_t part = size - skip < count - done ? size - skip : count - done;
        if (part == size) {
            result = cache_overwrite(&ext4.cache, map.physical + i, map.count - i, from + done,
                                     count - done);
            if (result < 0) return done != 0 ? (int64_t)done : result;
            i += (uint64_t)result - 1;
            done += (size_t)result * size;
            continue;
        }
        uint8_t *to;
        result = cache_change(&ext4.cache, map.physical + i, BLOCK_DIRTY, is_new, &to);
        if (result != 0) return done != 0 ? (int64_t)done : result;
        if (is_new) memset(to, 0, size);
        memcpy(to + skip, from + done, part);
        done += part;
    }
    return (int64_t)done;
}

static uint64_t size_limit(const struct file *file)
{
    bool has_extents = (file->inode.i_flags & EXT4_EXTENTS_FL) != 0;
    return (has_extents ? (uint64_t)UINT32_MAX : 1u << 22) * ext4.cache.block_size;
}

// What the last block has beyond the end was once the file's, and is zero when the file grows. Not
// when it is cut: after a power cut before the next commit it has its old size again.
static int tail_clear(struct file *file)
{
    uint64_t size = file->node.size;
    uint32_t block_size = ext4.cache.block_size, skip = (uint32_t)(size % block_size);
    struct map map;
    if (skip == 0) return 0;
    int result = map_find(file, size / block_size, &map);
    if (result != 0 || map.is_hole) return result;
    uint8_t *bytes;
    result = cache_change(&ext4.cache, map.physical, BLOCK_DIRTY, false, &bytes);
    if (result == 0) memset(bytes + skip, 0, block_size - skip);
    return result;
}

int64_t content_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                      const void *from, size_t count)
{
    struct file *file = file_of(open->node);
    if ((file->node.mode & MODE_TYPE) != MODE_FILE) return -EINVAL;
    if (offset > size_limit(file) || count > size_limit(file) - offset) return -EFBIG;
    if (count == 0) return 0;
    int result = change_begin(count / ext4.cache.block_size + 2);
    if (result == 0 && offset > file->node.size) result = tail_clear(file);
    if (result != 0) return result;
    size_t done = 0;
    int64_t part = 0;
    while (done < count && part >= 0) {
        part = write_piece(file, offset + done, (const uint8_t *)from + done, count - done);
        if (part > 0) done += (size_t)part;
    }
    if (offset + done > file->node.size && done != 0) file->node.size = offset + done;
    file_touch(file, true);
    change_end();
    return done != 0 ? (int64_t)done : part;
}

int content_truncate(struct p9_request *request, struct p9_node *node, uint64_t size)
{
    struct file *file = file_of(node);
    uint32_t block_size = ext4.cache.block_size;
    if ((node->mode & MODE_TYPE) != MODE_FILE) return -EINVAL;
    if (size > size_limit(file)) return -EFBIG;
    int result = change_begin(2);
    if (result == 0 && size < node->size) {
        uint64_t first = (size + block_size - 1) / block_size;
        result = error_of(ext2fs_punch(ext4.fs, file->number, (struct ext2_inode *)&file->inode,
                                       nullptr, first, UINT64_MAX));
        map_forget(file);
    } else if (result == 0 && size > node->size) {
        result = tail_clear(file);
    }
    if (result != 0) return result;
    node->size = size;
    if (size == 0) lost_forget(file);
    file_touch(file, true);
    change_end();
    return 0;
}
