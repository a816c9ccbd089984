// SPDX-License-Identifier: MIT
// Inodes as nodes of the tree: one node for each that is in use, found by its number. A changed
// inode is written when a commit comes, or when nobody uses the node any more.
#include "ext4.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t { SECOND = 1'000'000'000 };

static struct ext2_inode *inode_of(struct file *file)
{
    return (struct ext2_inode *)&file->inode;
}

static bool has_extra(const struct file *file)
{
    return ext4.fs->super->s_inode_size > EXT2_GOOD_OLD_INODE_SIZE &&
           file->inode.i_extra_isize >= 24; // to the last of the times
}

// Seconds since 1970 in 34 bits, the upper two in `extra` with the nanoseconds.
static uint64_t time_read(const struct file *file, uint32_t seconds, uint32_t extra)
{
    if (!has_extra(file)) return (uint64_t)seconds * SECOND;
    return ((uint64_t)seconds + ((uint64_t)(extra & 3) << 32)) * SECOND + (extra >> 2) % SECOND;
}

static void time_write(uint64_t time, uint32_t *seconds, uint32_t *extra)
{
    uint64_t whole = time / SECOND;
    *seconds = (uint32_t)whole;
    *extra = (uint32_t)(whole >> 32 & 3) | (uint32_t)(time % SECOND) << 2;
}

static void node_from_inode(struct file *file)
{
    struct p9_node *node = &file->node;
    const struct ext2_inode_large *inode = &file->inode;
    node->mode = inode->i_mode;
    if ((node->mode & MODE_TYPE) == MODE_FIFO) node->operations = &fifo_operations;
    if ((node->mode & MODE_TYPE) == MODE_SOCKET) node->operations = &socket_operations;
    node->uid = inode_uid(file->inode);
    node->gid = inode_gid(file->inode);
    node->links = inode->i_links_count;
    node->path = file->number;
    node->generation = inode->i_generation;
    node->size = EXT2_I_SIZE(inode);
    node->access_time = time_read(file, inode->i_atime, inode->i_atime_extra);
    node->modify_time = time_read(file, inode->i_mtime, inode->i_mtime_extra);
    node->change_time = time_read(file, inode->i_ctime, inode->i_ctime_extra);
    uint32_t type = node->mode & MODE_TYPE;
    if (type == MODE_CHARACTER || type == MODE_BLOCK)
        node->device = inode->i_block[0] ? inode->i_block[0] : inode->i_block[1];
}

static void inode_from_node(struct file *file)
{
    const struct p9_node *node = &file->node;
    struct ext2_inode_large *inode = &file->inode;
    uint32_t unused;
    bool is_large = has_extra(file);
    inode->i_mode = (uint16_t)node->mode;
    inode->i_uid = (uint16_t)node->uid;
    inode->osd2.linux2.l_i_uid_high = (uint16_t)(node->uid >> 16);
    inode->i_gid = (uint16_t)node->gid;
    inode->osd2.linux2.l_i_gid_high = (uint16_t)(node->gid >> 16);
    inode->i_links_count = (uint16_t)node->links;
    inode->i_size = (uint32_t)node->size;
    if ((node->mode & MODE_TYPE) == MODE_FILE) inode->i_size_high = (uint32_t)(node->size >> 32);
    time_write(node->access_time, &inode->i_atime, is_large ? &inode->i_atime_extra : &unused);
    time_write(node->modify_time, &inode->i_mtime, is_large ? &inode->i_mtime_extra : &unused);
    time_write(node->change_time, &inode->i_ctime, is_large ? &inode->i_ctime_extra : &unused);
}

int file_load(struct file *file)
{
    errcode_t error =
        ext2fs_read_inode_full(ext4.fs, file->number, inode_of(file), (int)sizeof file->inode);
    if (error != 0) return error_of(error);
    map_forget(file);
    node_from_inode(file);
    return 0;
}

static void unlink_changed(struct file *file)
{
    struct file **at = &ext4.changed;
    while (*at != file) at = &(*at)->next_changed;
    *at = file->next_changed;
    file->is_changed = false;
}

int file_store(struct file *file)
{
    if (!file->is_changed) return 0;
    inode_from_node(file);
    errcode_t error =
        ext2fs_write_inode_full(ext4.fs, file->number, inode_of(file), (int)sizeof file->inode);
    if (error == 0) unlink_changed(file);
    return error_of(error);
}

void file_changed(struct file *file)
{
    lost_note(file);
    if (file->is_changed) return;
    file->is_changed = true;
    file->next_changed = ext4.changed;
    ext4.changed = file;
}

void file_touch(struct file *file, bool is_modified)
{
    file->node.change_time = fe_clock_realtime();
    if (is_modified) {
        file->node.modify_time = file->node.change_time;
        file->node.version++;
    }
    file_changed(file);
}

static struct file **place_of(uint32_t number)
{
    struct file **at = &ext4.files[number % FILE_HASH];
    while (*at && (*at)->number != number) at = &(*at)->next;
    return at;
}

int file_get(uint32_t number, struct file **found)
{
    struct file **at = place_of(number), *file = *at;
    if (file) {
        p9_node_get(&file->node);
        *found = file;
        return 0;
    }
    file = calloc(1, sizeof *file);
    if (file == nullptr) return -ENOMEM;
    file->number = number;
    file->node.operations = &file_operations;
    file->node.references = 1;
    int result = file_load(file);
    if (result == 0 && file->inode.i_links_count == 0 && file->inode.i_dtime != 0)
        result = -EUCLEAN; // a name of a file that is gone
    if (result != 0) {
        free(file);
        return result;
    }
    file->next = *at;
    *at = file;
    *found = file;
    return 0;
}

static bool has_blocks(const struct file *file)
{
    uint32_t type = file->node.mode & MODE_TYPE;
    if (type == MODE_LINK)
        return !ext2fs_is_fast_symlink((struct ext2_inode *)(uintptr_t)&file->inode);
    return type == MODE_FILE || type == MODE_DIRECTORY;
}

// Gives the inode and its blocks back: it has no name and nobody has it open.
int file_release_inode(struct file *file)
{
    errcode_t error = ext2fs_free_ext_attr(ext4.fs, file->number, &file->inode);
    if (error == 0 && has_blocks(file))
        error = ext2fs_punch(ext4.fs, file->number, inode_of(file), nullptr, 0, UINT64_MAX);
    if (error != 0) return error_of(error);
    file->node.size = 0;
    file->inode.i_dtime = (uint32_t)(fe_clock_realtime() / SECOND) | 1;
    file_changed(file);
    int result = file_store(file);
    bool is_directory = (file->node.mode & MODE_TYPE) == MODE_DIRECTORY;
    ext2fs_inode_alloc_stats2(ext4.fs, file->number, -1, is_directory);
    return result;
}

void file_release(struct p9_node *node)
{
    struct file *file = file_of(node);
    int result = 0;
    if (node->links == 0 && !ext4.is_read_only) {
        result = orphan_remove(file);
        if (result == 0) result = file_release_inode(file);
        change_end();
    } else if (file->is_changed && !ext4.is_read_only) {
        result = file_store(file);
    }
    if (result != 0) ext4_abort(result, "an inode cannot be written");
    if (file->is_changed) unlink_changed(file);
    *place_of(file->number) = file->next;
    free(file);
}

int file_setattr(struct p9_request *request, struct p9_node *node, uint32_t valid,
                 const struct fe_9p_attributes *attributes)
{
    int result = change_begin(1);
    if (result != 0) return result;
    node->change_time = fe_clock_realtime(); // the rest is lib/9p's to fill in
    file_changed(file_of(node));
    change_end();
    return 0;
}

int file_getattr(struct p9_request *request, struct p9_node *node,
                 struct fe_9p_attributes *attributes)
{
    attributes->block_size = ext4.fs->blocksize;
    attributes->blocks = ext2fs_get_stat_i_blocks(ext4.fs, inode_of(file_of(node)));
    return 0;
}
