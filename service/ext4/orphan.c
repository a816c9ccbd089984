// SPDX-License-Identifier: MIT
// Files that have lost their last name and are still open. The superblock begins a list of them
// that goes on in each one's time of deletion, so that after a power cut their blocks are given
// back.
#include "ext4.h"

#include <errno.h>
#include <ferrite/log.h>

int orphan_add(struct file *file)
{
    socket_forget(file);
    file->inode.i_dtime = ext4.fs->super->s_last_orphan;
    ext4.fs->super->s_last_orphan = file->number;
    ext2fs_mark_super_dirty(ext4.fs);
    file_changed(file);
    return 0;
}

int orphan_remove(struct file *file)
{
    struct ext2_super_block *super = ext4.fs->super;
    uint32_t next = file->inode.i_dtime, at = super->s_last_orphan;
    if (at == file->number) {
        super->s_last_orphan = next;
        ext2fs_mark_super_dirty(ext4.fs);
        return 0;
    }
    for (uint32_t steps = 0; at != 0 && steps < super->s_inodes_count; steps++) {
        struct file *other;
        int result = file_get(at, &other);
        if (result != 0) return result;
        at = other->inode.i_dtime;
        if (at == file->number) {
            other->inode.i_dtime = next;
            file_changed(other);
            at = 0;
        }
        p9_node_put(&other->node);
    }
    return 0;
}

// After a power cut: what the list has goes. An inode with a name was to be cut at its size.
int orphans_release(void)
{
    uint32_t count = 0, number;
    while ((number = ext4.fs->super->s_last_orphan) != 0) {
        struct file file = {.number = number};
        if (number < ext4.fs->super->s_first_ino || number > ext4.fs->super->s_inodes_count)
            return -EUCLEAN;
        int result = file_load(&file);
        if (result != 0) return result;
        ext4.fs->super->s_last_orphan = file.inode.i_dtime;
        ext2fs_mark_super_dirty(ext4.fs);
        if (file.node.links == 0) {
            result = file_release_inode(&file);
        } else {
            file.inode.i_dtime = 0;
            file_changed(&file);
            result = file_store(&file);
        }
        if (result != 0) return result;
        if (++count > ext4.fs->super->s_inodes_count) return -EUCLEAN;
    }
    if (count != 0) fe_log("%s: %u files without a name given back", ext4.device.path, count);
    return 0;
}
