// SPDX-License-Identifier: MIT
// Serves a disk with ext4 as a tree of files: see ext4(4).
#include "ext4.h"

#include <errno.h>
#include <fileserver/fileserver.h>
#include <string.h>
#include <volume/find.h>

static int64_t link_read(struct p9_request *request, struct p9_node *node, char *to,
                         size_t capacity)
{
    struct file *file = file_of(node);
    size_t size = node->size < capacity ? (size_t)node->size : capacity;
    if (!ext2fs_is_fast_symlink((struct ext2_inode *)&file->inode))
        return content_copy(file, 0, (uint8_t *)to, size);
    memcpy(to, file->inode.i_block, size);
    return (int64_t)size;
}

static int volume_open_file(struct p9_request *request, struct p9_open *open)
{
    bool writes = p9_open_has(open, OPEN_WRITE) && (open->node->mode & MODE_TYPE) == MODE_FILE;
    return writes && ext4.is_read_only && ext4.error == 0 ? -EROFS : 0;
}

static int volume_sync(struct p9_request *request, struct p9_open *open)
{
    int result = commit();
    return result == 0 && lost_tell(file_of(open->node)) ? -EIO : result;
}

static int volume_statfs(struct p9_request *request, struct p9_node *node,
                         struct fe_9p_statfs *statistics)
{
    struct ext2_super_block *super = ext4.fs->super;
    uint64_t free_blocks = ext2fs_free_blocks_count(super);
    uint64_t reserved = ext2fs_r_blocks_count(super);
    *statistics = (struct fe_9p_statfs){
        .type = EXT2_SUPER_MAGIC,
        .block_size = ext4.fs->blocksize,
        .blocks = ext2fs_blocks_count(super) - super->s_first_data_block,
        .blocks_free = free_blocks,
        .blocks_available = free_blocks > reserved ? free_blocks - reserved : 0,
        .files = super->s_inodes_count,
        .files_free = super->s_free_inodes_count,
        .name_max = EXT2_NAME_LEN,
    };
    return 0;
}

const struct p9_operations file_operations = {
    .lookup = directory_lookup,
    .readdir = directory_readdir,
    .create = name_create,
    .remove = name_remove,
    .rename = name_rename,
    .open = volume_open_file,
    .link = name_link,
    .close = file_system_close,
    .read = file_system_read,
    .write = file_system_write,
    .truncate = file_system_truncate,
    .readlink = link_read,
    .memory = file_system_memory,
    .image = file_system_image,
    .sync = file_system_sync,
    .statfs = volume_statfs,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};

static int volume_open(const char *path, bool is_read_only, struct p9_node **root)
{
    struct file *file;
    int result = ext4_open(path, is_read_only);
    if (result == 0) result = file_get(EXT2_ROOT_INO, &file);
    if (result == 0) *root = &file->node;
    return result;
}

static int volume_commit(bool is_idle)
{
    return commit();
}

// What the journal alone has is brought to its place where all of the cache waits for that.
static bool volume_shrink(void)
{
    if (cache_shrink(&ext4.cache)) return true;
    if (ext4.error != 0 || ext4.is_read_only || ext4.cache.held + ext4.cache.logged == 0)
        return false;
    if (commit() != 0 || journal_checkpoint(&ext4.journal, &ext4.cache) != 0) return false;
    return cache_shrink(&ext4.cache);
}

static int64_t volume_copy(struct p9_node *node, uint64_t offset, uint8_t *to, size_t count)
{
    return content_copy(file_of(node), offset, to, count);
}

int main(int count, char **arguments)
{
    static const struct file_system system = {.name = "ext4",
                                              .is_lasting = true,
                                              .find = volume_find,
                                              .open = volume_open,
                                              .commit = volume_commit,
                                              .shrink = volume_shrink,
                                              .copy = volume_copy,
                                              .read = content_read,
                                              .write = content_write,
                                              .truncate = content_truncate,
                                              .sync = volume_sync};
    return file_system_main(&system, count, arguments);
}
