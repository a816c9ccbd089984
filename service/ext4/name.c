// SPDX-License-Identifier: MIT
// Making, linking and removing names. Each operation changes nothing when it fails: what can run
// out of room comes first, and is undone.
#include "ext4.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { LINKS_MAX = 65000, BLOCKS_PER_NAME = 16 };

static uint8_t type_of(uint32_t mode)
{
    switch (mode & MODE_TYPE) {
    case MODE_FILE: return EXT2_FT_REG_FILE;
    case MODE_DIRECTORY: return EXT2_FT_DIR;
    case MODE_CHARACTER: return EXT2_FT_CHRDEV;
    case MODE_BLOCK: return EXT2_FT_BLKDEV;
    case MODE_FIFO: return EXT2_FT_FIFO;
    case MODE_SOCKET: return EXT2_FT_SOCK;
    case MODE_LINK: return EXT2_FT_SYMLINK;
    default: return EXT2_FT_UNKNOWN;
    }
}

struct text { // with a NUL
    char text[EXT2_NAME_LEN + 1];
};

static struct text text_of(struct p9_name name)
{
    struct text text = {};
    memcpy(text.text, name.text, name.size < EXT2_NAME_LEN ? name.size : EXT2_NAME_LEN);
    return text;
}

// libext2fs changes a directory's inode on its own: it gets ours first, and we its after.
int entry_add(struct file *directory, struct p9_name name, const struct file *file)
{
    struct text text = text_of(name);
    int result = file_store(directory);
    if (result != 0) return result;
    uint8_t type = type_of(file->node.mode);
    errcode_t error = ext2fs_link(ext4.fs, directory->number, text.text, file->number, type);
    if (error == EXT2_ET_DIR_NO_SPACE) {
        error = ext2fs_expand_dir(ext4.fs, directory->number);
        if (error == 0)
            error = ext2fs_link(ext4.fs, directory->number, text.text, file->number, type);
    }
    result = file_load(directory);
    if (error == 0) file_touch(directory, true);
    return error != 0 ? error_of(error) : result;
}

int entry_remove(struct file *directory, struct p9_name name)
{
    struct text text = text_of(name);
    int result = file_store(directory);
    if (result != 0) return result;
    errcode_t error = ext2fs_unlink(ext4.fs, directory->number, text.text, 0, 0);
    if (error == 0) file_touch(directory, true);
    return error_of(error);
}

struct replacement {
    struct p9_name name;
    const struct file *file;
    bool is_done;
};

static int replace(struct ext2_dir_entry *entry, int offset, int block_size, char *buffer,
                   void *context)
{
    struct replacement *replacement = context;
    size_t size = (size_t)ext2fs_dirent_name_len(entry);
    if (size != replacement->name.size) return 0;
    if (memcmp(entry->name, replacement->name.text, size) != 0) return 0;
    entry->inode = replacement->file->number;
    ext2fs_dirent_set_file_type(entry, type_of(replacement->file->node.mode));
    replacement->is_done = true;
    return DIRENT_CHANGED | DIRENT_ABORT;
}

// The entry of this name is another file's from now on. Takes no room.
int entry_replace(struct file *directory, struct p9_name name, const struct file *file)
{
    struct replacement replacement = {.name = name, .file = file};
    int result = file_store(directory);
    if (result != 0) return result;
    errcode_t error =
        ext2fs_dir_iterate(ext4.fs, directory->number, 0, nullptr, replace, &replacement);
    if (error != 0) return error_of(error);
    file_touch(directory, true);
    return replacement.is_done ? 0 : -ENOENT;
}

// Another than the last file with this number had, in an earlier life of the service too: files are
// made less often than one in a microsecond. Checksums of metadata have it in them.
static uint32_t generation_new(void)
{
    static uint32_t last;
    if (last == 0) last = (uint32_t)(fe_clock_realtime() / 1000);
    return ++last;
}

// The inode's first contents, and what it has of its own.
static errcode_t inode_fill(struct ext2_inode_large *inode, const struct p9_creation *creation)
{
    bool has_extents = ext2fs_has_feature_extents(ext4.fs->super) != 0;
    uint32_t type = creation->mode & MODE_TYPE;
    *inode = (struct ext2_inode_large){.i_mode = (uint16_t)creation->mode, .i_links_count = 1};
    inode->i_extra_isize = sizeof *inode - EXT2_GOOD_OLD_INODE_SIZE;
    inode->i_generation = generation_new();
    if (type == MODE_FILE && has_extents) inode->i_flags = EXT4_EXTENTS_FL;
    if (type == MODE_CHARACTER || type == MODE_BLOCK)
        inode->i_block[creation->device < 0x10000 ? 0 : 1] = (uint32_t)creation->device;
    if (type != MODE_FILE || !has_extents) return 0;
    ext2_extent_handle_t handle; // opening it makes the tree's root
    errcode_t error = ext2fs_extent_open2(ext4.fs, 0, (struct ext2_inode *)inode, &handle);
    if (error == 0) ext2fs_extent_free(handle);
    return error;
}

static errcode_t inode_make(struct file *directory, const struct p9_creation *creation,
                            uint32_t *number)
{
    errcode_t error =
        ext2fs_new_inode(ext4.fs, directory->number, (int)creation->mode, nullptr, number);
    if (error != 0) return error;
    uint32_t type = creation->mode & MODE_TYPE;
    if (type == MODE_DIRECTORY) return ext2fs_mkdir(ext4.fs, directory->number, *number, nullptr);
    if (type == MODE_LINK) {
        char *target = strndup(creation->target.text, creation->target.size);
        if (target == nullptr) return ENOMEM;
        error = ext2fs_symlink(ext4.fs, directory->number, *number, nullptr, target);
        free(target);
        return error == EXT2_ET_INVALID_ARGUMENT ? ENAMETOOLONG : error;
    }
    struct ext2_inode_large inode;
    error = inode_fill(&inode, creation);
    if (error != 0) return error;
    error = ext2fs_write_new_inode(ext4.fs, *number, (struct ext2_inode *)&inode);
    if (error == 0) ext2fs_inode_alloc_stats2(ext4.fs, *number, +1, 0);
    return error;
}

static void node_fill(struct file *file, const struct p9_creation *creation)
{
    file->node.mode = creation->mode;
    file->node.uid = creation->uid;
    file->node.gid = creation->gid;
    file->node.access_time = fe_clock_realtime();
    file_touch(file, true);
}

int name_create(struct p9_request *request, struct p9_node *node, struct p9_name name,
                const struct p9_creation *creation, struct p9_node **made)
{
    struct file *directory = file_of(node), *file;
    bool is_directory = (creation->mode & MODE_TYPE) == MODE_DIRECTORY;
    uint32_t number;
    if (node->links == 0) return -ENOENT;
    if (is_directory && node->links >= LINKS_MAX) return -EMLINK;
    int result = change_begin(BLOCKS_PER_NAME);
    if (result == 0) result = file_store(directory);
    if (result == 0) result = error_of(inode_make(directory, creation, &number));
    if (result != 0) return result;
    result = file_load(directory); // a new directory is a link to it
    if (result == 0) result = file_get(number, &file);
    if (result != 0) {
        ext4_abort(result, "a new inode cannot be read");
        return result;
    }
    node_fill(file, creation);
    result = entry_add(directory, name, file);
    change_end();
    if (result == 0) {
        *made = &file->node;
        return 0;
    }
    if (is_directory) directory->node.links--;
    file_changed(directory);
    file->node.links = 0; // goes with its reference
    if (orphan_add(file) == 0) p9_node_put(&file->node);
    return result;
}

int name_remove(struct p9_request *request, struct p9_node *node, struct p9_name name,
                struct p9_node *gone)
{
    struct file *directory = file_of(node), *file = file_of(gone);
    bool is_directory = (gone->mode & MODE_TYPE) == MODE_DIRECTORY;
    int result = is_directory ? directory_is_empty(file) : 0;
    if (result == 0) result = change_begin(BLOCKS_PER_NAME);
    if (result == 0) result = entry_remove(directory, name);
    if (result != 0) return result;
    if (is_directory) node->links--;
    gone->links = is_directory ? 0 : gone->links - 1;
    file_touch(file, false);
    if (gone->links == 0) result = orphan_add(file);
    change_end();
    return result;
}

int name_link(struct p9_request *request, struct p9_node *node, const struct p9_place *to)
{
    struct file *file = file_of(node);
    if (node->links >= LINKS_MAX) return -EMLINK;
    if (to->directory->links == 0) return -ENOENT;
    int result = change_begin(BLOCKS_PER_NAME);
    if (result == 0) result = entry_add(file_of(to->directory), to->name, file);
    if (result != 0) return result;
    node->links++;
    file_touch(file, false);
    change_end();
    return 0;
}
