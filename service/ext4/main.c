// SPDX-License-Identifier: MIT
// Serves a disk with ext4 as a tree of files. `ext4 [-r] PATH`: PATH is the file of the disk's or
// partition's bytes. `ext4 [-r] -l LABEL`: the first one with this label; where there is none, it
// ends with 0. -r: for reading alone.
#include "ext4.h"

#include <errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <ferrite/path.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

static int volume_sync(struct p9_request *request, struct p9_open *open)
{
    return commit();
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

// A copy of the contents in memory, whole pages.
static int memory_make(struct file *file, fe_handle *memory)
{
    size_t size = (size_t)file->node.size;
    void *bytes;
    if (file->node.size == 0 || file->node.size > SIZE_MAX / 2) return -ENODEV;
    if (fe_memory_create(fe_page_round(size), 0, memory) != OK) return -ENOMEM;
    if (fe_memory_map(*memory, 0, fe_page_round(size), MAP_READ | MAP_WRITE, &bytes) != OK) {
        fe_handle_drop(memory);
        return -ENOMEM;
    }
    int64_t count = content_copy(file, 0, bytes, size);
    enum status status = fe_memory_unmap(bytes, fe_page_round(size));
    if (status == OK && count == (int64_t)size) return 0;
    fe_handle_drop(memory);
    return count < 0 ? (int)count : -EIO;
}

// Readers get a copy; memory that writes to the file is not to be had.
static int volume_memory(struct p9_request *request, struct p9_open *open,
                         const struct p9_memory_wish *wish, fe_handle *memory)
{
    if (wish->offset != 0 || (wish->protection & MAP_WRITE) != 0) return -ENODEV;
    return memory_make(file_of(open->node), memory);
}

static int volume_image(struct p9_request *request, struct p9_node *node, fe_handle *image)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    if (node->size == 0) return -ENOEXEC;
    int result = memory_make(file_of(node), &memory);
    if (result != 0) return result;
    enum status status = fe_image_create(memory, (size_t)node->size, image);
    if (status == OK) return 0;
    return status <= ERR_IMAGE_UNSIGNED && status >= ERR_IMAGE_ENTITLEMENT ? -EACCES : -ENOEXEC;
}

const struct p9_operations file_operations = {
    .lookup = directory_lookup,
    .readdir = directory_readdir,
    .create = name_create,
    .remove = name_remove,
    .rename = name_rename,
    .link = name_link,
    .read = content_read,
    .write = content_write,
    .truncate = content_truncate,
    .readlink = link_read,
    .memory = volume_memory,
    .image = volume_image,
    .sync = volume_sync,
    .statfs = volume_statfs,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};

static void signalled(struct p9_server *server, uint64_t bits)
{
    if ((bits & BIT_COMMIT) == 0) return;
    ext4.is_waiting = false;
    int result = commit();
    (void)result; // told, and the volume is closed for writing
}

static enum status serve(struct file *root)
{
    ext4.server.name = "ext4";
    ext4.server.root = &root->node;
    ext4.server.signalled = signalled;
    TRY(p9_server_init(&ext4.server));
    TRY(p9_server_ready(&ext4.server, "", nullptr));
    p9_serve(&ext4.server);
}

int main(int count, char **arguments)
{
    bool is_read_only = false, is_label = false;
    int option;
    while ((option = getopt(count, arguments, "rl")) != -1) {
        if (option == '?') return 2;
        *(option == 'r' ? &is_read_only : &is_label) = true;
    }
    if (optind + 1 != count) {
        fe_log("usage: ext4 [-r] DISK, ext4 [-r] -l LABEL");
        return 2;
    }
    static char found[FE_PATH_MAX];
    const char *path = is_label ? found : arguments[optind];
    if (is_label && volume_find(arguments[optind], found, sizeof found) != 0) return 0;
    struct file *root;
    int result = ext4_open(path, is_read_only);
    if (result == 0) result = file_get(EXT2_ROOT_INO, &root);
    if (result != 0) {
        fe_log("%s: cannot be mounted (error %d)", path, -result);
        return is_label ? 0 : 1; // the machine goes on without it
    }
    enum status status = serve(root);
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
