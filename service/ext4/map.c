// SPDX-License-Identifier: MIT
// Where a file's blocks are: by extents, or in old file systems by blocks of block numbers. New
// blocks are taken as near to the ones before as there are, many at a time.
#include "ext4.h"

#include <errno.h>

enum : uint64_t { EXTENT_MAX = 32768, LOGICAL_MAX = UINT32_MAX };

static struct ext2_inode *inode_of(struct file *file)
{
    return (struct ext2_inode *)&file->inode;
}

static bool has_extents(const struct file *file)
{
    return (file->inode.i_flags & EXT4_EXTENTS_FL) != 0;
}

// The extent that has `logical`, or the one before; false: there is none before.
static errcode_t extent_at(ext2_extent_handle_t handle, uint64_t logical,
                           struct ext2fs_extent *extent, bool *is_found)
{
    *is_found = false;
    errcode_t error = ext2fs_extent_goto(handle, logical);
    if (error == EXT2_ET_EXTENT_NOT_FOUND) {
        error = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, extent);
        if (error == EXT2_ET_NO_CURRENT_NODE) {
            *extent = (struct ext2fs_extent){};
            return 0;
        }
        return error;
    }
    if (error != 0) return error;
    *is_found = true;
    return ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, extent);
}

static errcode_t extent_find(struct file *file, uint64_t logical, struct map *map)
{
    ext2_extent_handle_t handle;
    struct ext2fs_extent extent;
    bool is_found;
    errcode_t error = ext2fs_extent_open2(ext4.fs, file->number, inode_of(file), &handle);
    if (error != 0) return error;
    error = extent_at(handle, logical, &extent, &is_found);
    if (error == 0 && is_found) {
        *map = (struct map){.logical = extent.e_lblk,
                            .physical = extent.e_pblk,
                            .count = extent.e_len,
                            .is_hole = (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0};
    } else if (error == 0) {
        *map = (struct map){.logical = logical, .count = 1, .is_hole = true};
    }
    ext2fs_extent_free(handle);
    return error;
}

static errcode_t block_find(struct file *file, uint64_t logical, struct map *map)
{
    blk64_t block = 0;
    errcode_t error =
        ext2fs_bmap2(ext4.fs, file->number, inode_of(file), nullptr, 0, logical, nullptr, &block);
    *map = (struct map){.logical = logical, .physical = block, .count = 1, .is_hole = block == 0};
    return error;
}

void map_forget(struct file *file)
{
    for (uint32_t i = 0; i < FILE_MAPS; i++) file->maps[i] = (struct map){};
}

static const struct map *map_known(const struct file *file, uint64_t logical)
{
    for (uint32_t i = 0; i < FILE_MAPS; i++) {
        const struct map *map = &file->maps[i];
        if (logical - map->logical < map->count) return map; // less than its first: beyond any
    }
    return nullptr;
}

int map_find(struct file *file, uint64_t logical, struct map *map)
{
    if (logical > LOGICAL_MAX) return -EFBIG;
    const struct map *known = map_known(file, logical);
    if (known == nullptr) {
        struct map *place = &file->maps[file->next_map];
        errcode_t error = has_extents(file) ? extent_find(file, logical, place)
                                            : block_find(file, logical, place);
        if (error != 0) {
            *place = (struct map){};
            return error_of(error);
        }
        file->next_map = (file->next_map + 1) % FILE_MAPS;
        known = place;
    }
    uint64_t skip = logical - known->logical;
    *map = (struct map){.logical = logical,
                        .physical = known->is_hole ? 0 : known->physical + skip,
                        .count = known->count - skip,
                        .is_hole = known->is_hole};
    bool is_right = map->is_hole || (map->physical >= ext4.fs->super->s_first_data_block &&
                                     map->physical + map->count <= ext4.cache.blocks);
    return is_right ? 0 : -EUCLEAN;
}

static errcode_t blocks_take(uint64_t goal, uint64_t wanted, uint64_t *first, uint64_t *count)
{
    blk64_t found, length;
    errcode_t error = ext2fs_new_range(ext4.fs, 0, goal, wanted, nullptr, &found, &length);
    if (error != 0) return error;
    if (length > wanted) length = wanted;
    ext2fs_block_alloc_stats_range(ext4.fs, found, (blk_t)length, +1);
    *first = found;
    *count = length;
    return 0;
}

static void blocks_give(uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) ext2fs_block_alloc_stats2(ext4.fs, first + i, -1);
}

// Puts new blocks behind the extent where the handle is, in it or as one of their own.
static errcode_t extent_put(ext2_extent_handle_t handle, const struct ext2fs_extent *before,
                            const struct map *map)
{
    bool joins = before->e_len != 0 && before->e_lblk + before->e_len == map->logical &&
                 before->e_pblk + before->e_len == map->physical &&
                 (before->e_flags & EXT2_EXTENT_FLAGS_UNINIT) == 0 &&
                 before->e_len + map->count <= EXTENT_MAX;
    struct ext2fs_extent extent = {
        .e_pblk = map->physical, .e_lblk = map->logical, .e_len = (uint32_t)map->count};
    if (joins) {
        extent = *before;
        extent.e_len += (uint32_t)map->count;
        return ext2fs_extent_replace(handle, 0, &extent);
    }
    bool goes_after = before->e_len != 0 && before->e_lblk < map->logical;
    errcode_t error =
        ext2fs_extent_insert(handle, goes_after ? EXT2_EXTENT_INSERT_AFTER : 0, &extent);
    return error == 0 ? ext2fs_extent_fix_parents(handle) : error;
}

// How many blocks there may be before the next extent begins.
static uint64_t hole_after(ext2_extent_handle_t handle, const struct ext2fs_extent *before,
                           uint64_t logical, uint64_t wanted)
{
    struct ext2fs_extent next = *before;
    if (before->e_len != 0 && before->e_lblk < logical &&
        ext2fs_extent_get(handle, EXT2_EXTENT_NEXT_LEAF, &next) != 0)
        return wanted;
    if (next.e_len == 0 || next.e_lblk <= logical) return wanted;
    uint64_t room = next.e_lblk - logical;
    return room < wanted ? room : wanted;
}

static errcode_t extent_allocate(struct file *file, ext2_extent_handle_t handle, struct map *map)
{
    struct ext2fs_extent before;
    bool is_found;
    errcode_t error = extent_at(handle, map->logical, &before, &is_found);
    if (error != 0) return error;
    uint64_t wanted = hole_after(handle, &before, map->logical, map->count);
    uint64_t goal = before.e_len != 0 ? before.e_pblk + before.e_len
                                      : ext2fs_find_inode_goal(ext4.fs, file->number,
                                                               inode_of(file), map->logical);
    error = blocks_take(goal, wanted, &map->physical, &map->count);
    if (error != 0) return error;
    // Looking for the next one has moved the handle.
    error = extent_at(handle, map->logical, &before, &is_found);
    if (error == 0) error = extent_put(handle, &before, map);
    if (error != 0) {
        blocks_give(map->physical, map->count);
        return error;
    }
    return ext2fs_iblk_add_blocks(ext4.fs, inode_of(file), map->count);
}

// Blocks that are taken and read as zeros (written by fallocate) become written ones, all of the
// extent: who does not overwrite them now fills them with zeros.
static errcode_t extent_initialise(ext2_extent_handle_t handle, struct map *map)
{
    struct ext2fs_extent extent;
    errcode_t error = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &extent);
    if (error != 0) return error;
    map->count = 1;
    map->physical = extent.e_pblk + (map->logical - extent.e_lblk);
    return ext2fs_extent_set_bmap(handle, map->logical, map->physical, 0);
}

static errcode_t block_allocate(struct file *file, struct map *map)
{
    uint64_t goal = ext2fs_find_inode_goal(ext4.fs, file->number, inode_of(file), map->logical);
    errcode_t error = blocks_take(goal, 1, &map->physical, &map->count);
    if (error != 0) return error;
    blk64_t block = map->physical;
    error = ext2fs_bmap2(ext4.fs, file->number, inode_of(file), nullptr, BMAP_SET | BMAP_ALLOC,
                         map->logical, nullptr, &block);
    if (error == 0) return ext2fs_iblk_add_blocks(ext4.fs, inode_of(file), 1);
    blocks_give(map->physical, 1);
    return error;
}

int map_allocate(struct file *file, uint64_t logical, uint64_t count, struct map *map)
{
    if (logical > LOGICAL_MAX - count) return -EFBIG;
    *map = (struct map){.logical = logical, .count = count};
    map_forget(file);
    if (!has_extents(file)) return error_of(block_allocate(file, map));
    ext2_extent_handle_t handle;
    errcode_t error = ext2fs_extent_open2(ext4.fs, file->number, inode_of(file), &handle);
    if (error != 0) return error_of(error);
    error = ext2fs_extent_goto(handle, logical);
    error = error == 0 ? extent_initialise(handle, map) : extent_allocate(file, handle, map);
    ext2fs_extent_free(handle);
    return error_of(error);
}
