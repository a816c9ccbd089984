// SPDX-License-Identifier: MIT
// Reading directories: entries one after the other in the blocks of their contents. What indexes
// them looks like free entries, and is passed over.
#include "ext4.h"

#include <errno.h>
#include <string.h>

struct entry {
    uint64_t offset, next; // in the directory
    uint32_t number;
    struct p9_name name;
    uint8_t type;
};

struct scan {
    struct file *directory;
    uint64_t offset; // of the next entry
    const uint8_t *block;
    uint64_t block_offset; // that `block` has; ~0: none
};

static int block_of(struct scan *scan)
{
    uint32_t size = ext4.cache.block_size, count = 1;
    uint64_t offset = scan->offset - scan->offset % size;
    if (offset == scan->block_offset) return 0;
    struct map map;
    int result = map_find(scan->directory, offset / size, &map);
    if (result == 0 && map.is_hole) return -EUCLEAN;
    if (result == 0) result = cache_read(&ext4.cache, map.physical, &count, &scan->block);
    if (result == 0) scan->block_offset = offset;
    return result;
}

// The next entry in use. 1: there are no more. `entry->name` is good until the cache is used.
static int scan_next(struct scan *scan, struct entry *entry)
{
    uint32_t size = ext4.cache.block_size;
    while (scan->offset < scan->directory->node.size) {
        struct ext2_dir_entry_2 raw;
        int result = block_of(scan);
        if (result != 0) return result;
        uint32_t at = (uint32_t)(scan->offset % size);
        if (size - at < 8) return -EUCLEAN;
        memcpy(&raw, scan->block + at, 8);
        uint32_t length = raw.rec_len;
        if (size == 65536 && (length == 65535 || length == 0)) length = size;
        if (length < 8 || length % 4 != 0 || length > size - at) return -EUCLEAN;
        if (raw.name_len + 8u > length) return -EUCLEAN;
        entry->offset = scan->offset;
        scan->offset += length;
        if (raw.inode == 0 || raw.name_len == 0) continue;
        if (raw.inode > ext4.fs->super->s_inodes_count) return -EUCLEAN;
        entry->next = scan->offset;
        entry->number = raw.inode;
        entry->type = raw.file_type & 7;
        entry->name = (struct p9_name){(const char *)scan->block + at + 8, raw.name_len};
        return 0;
    }
    return 1;
}

static bool is_dots(struct p9_name name)
{
    return name.text[0] == '.' && (name.size == 1 || (name.size == 2 && name.text[1] == '.'));
}

int directory_find(struct file *directory, struct p9_name name, uint32_t *number)
{
    struct scan scan = {.directory = directory, .block_offset = UINT64_MAX};
    struct entry entry;
    int result;
    while ((result = scan_next(&scan, &entry)) == 0) {
        if (entry.name.size != name.size || memcmp(entry.name.text, name.text, name.size) != 0)
            continue;
        *number = entry.number;
        return 0;
    }
    return result == 1 ? -ENOENT : result;
}

int directory_is_empty(struct file *directory)
{
    struct scan scan = {.directory = directory, .block_offset = UINT64_MAX};
    struct entry entry;
    int result;
    while ((result = scan_next(&scan, &entry)) == 0) {
        if (!is_dots(entry.name)) return -ENOTEMPTY;
    }
    return result == 1 ? 0 : result;
}

int directory_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                     struct p9_node **found)
{
    uint32_t number;
    struct file *file;
    int result = directory_find(file_of(directory), name, &number);
    if (result == 0) result = file_get(number, &file);
    if (result == 0) *found = &file->node;
    return result;
}

static uint64_t kind_of(uint8_t type)
{
    static const uint8_t kinds[8] = {
        [EXT2_FT_DIR] = QID_DIRECTORY,
        [EXT2_FT_CHRDEV] = QID_DEVICE,
        [EXT2_FT_BLKDEV] = QID_DEVICE | QID_BLOCK,
        [EXT2_FT_SYMLINK] = QID_LINK,
    };
    return kinds[type];
}

int directory_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                      struct p9_listing *listing)
{
    static const uint16_t types[8] = {0, 8, 4, 2, 6, 1, 12, 10}; // DT_* of EXT2_FT_*
    struct scan scan = {.directory = file_of(open->node), .offset = offset};
    scan.block_offset = UINT64_MAX;
    struct entry entry;
    int result;
    while ((result = scan_next(&scan, &entry)) == 0) {
        if (is_dots(entry.name)) continue;
        struct fe_9p_entry listed = {.qid_kind = kind_of(entry.type),
                                     .qid_path = entry.number,
                                     .next = entry.next,
                                     .name_size = (uint16_t)entry.name.size,
                                     .type = types[entry.type]};
        if (!p9_list_entry(listing, entry.name, &listed)) return 0;
    }
    return result == 1 ? 0 : result;
}
