// SPDX-License-Identifier: MIT
// Feeds libext2fs and the server of ext4 with damaged volumes: with extents, with a journal that
// has to be replayed, with block maps as ext3 has them, and with sums of everything.
//
// uses: ext2fs
#include "test/fuzz/volume.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#define HAVE_CONFIG_H 1
#define _GNU_SOURCE
#include "out/port/e2fsprogs/src/lib/ext2fs/initialize.c"
#pragma clang diagnostic pop

#include "lib/volume/cache.c"
#define grow grow_frames
#include "lib/volume/frame.c"
#undef grow
#include "lib/volume/write_back.c"
#include "service/ext4/commit.c"
#include "service/ext4/content.c"
#include "service/ext4/directory.c"
#include "service/ext4/io.c"
#include "service/ext4/journal.c"
#include "service/ext4/lost.c"
#include "service/ext4/map.c"
#include "service/ext4/mount.c"
#include "service/ext4/name.c"
#include "service/ext4/orphan.c"
#include "service/ext4/rename.c"
#include "service/ext4/replay.c"
#define place_of place_of_file
#define inode_of inode_of_file
#include "service/ext4/file.c"
#undef place_of
#undef inode_of

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// Nothing is kept for a next server, and nobody opens a fifo or connects to a socket.
enum status kept_open(size_t record_size)
{
    return OK;
}

uint32_t kept_create(const void *data)
{
    return 0;
}

void kept_remove(uint32_t record) {}

const void *kept_next(uint32_t *record)
{
    return nullptr;
}

void kept_finish(void) {}

const struct p9_operations socket_operations = {};

void socket_forget(struct file *file) {}

const struct p9_operations fifo_operations = {
    .link = name_link,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};

// A volume in memory is nowhere mounted.
errcode_t ext2fs_check_mount_point(const char *device, int *flags, char *point, int length)
{
    *flags = 0;
    return 0;
}

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
    .sync = volume_sync,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};

// Nothing is left behind, whatever happened.
static void shut(struct file *root)
{
    if (root) p9_node_put(&root->node);
    for (uint32_t i = 0; i < FILE_HASH; i++) {
        if (ext4.files[i]) abort();
    }
    if (ext4.fs) ext2fs_free(ext4.fs);
    cache_fini(&ext4.cache);
    journal_close(&ext4.journal);
    free(ext4.freed);
    memset(&ext4, 0, sizeof ext4);
}

static struct p9_node *make(struct p9_node *directory, const char *name, uint32_t mode)
{
    struct p9_request request = {};
    struct p9_creation creation = {.mode = mode};
    struct p9_node *made = nullptr;
    if ((mode & MODE_TYPE) == MODE_LINK) creation.target = p9_name_of("../folder/one");
    if (name_create(&request, directory, p9_name_of(name), &creation, &made) != 0) abort();
    return made;
}

static void fill(struct p9_node *directory)
{
    static const uint8_t bytes[2500] = {2};
    struct p9_request request = {};
    struct p9_node *one = make(directory, "one", MODE_FILE | 0644);
    struct p9_node *other = make(directory, "A longer name than this", MODE_FILE | 0644);
    for (uint32_t i = 0; i < 40; i++) { // holes, and blocks that alternate
        struct p9_open open = {.node = i % 2 ? one : other};
        int64_t written = content_write(&request, &open, i / 2 * 6000, bytes, sizeof bytes);
        if (written < 0) abort();
    }
    p9_node_put(one);
    p9_node_put(other);
    p9_node_put(make(directory, "link", MODE_LINK | 0777));
}

static void volume_fill(bool is_replayed)
{
    struct file *root;
    if (ext4_open("disk", false) != 0 || file_get(EXT2_ROOT_INO, &root) != 0) abort();
    struct p9_node *folder = make(&root->node, "folder", MODE_DIRECTORY | 0755);
    fill(&root->node);
    if (commit() != 0) abort();
    fill(folder);
    struct p9_node *gone = make(folder, "gone", MODE_FILE | 0644);
    struct p9_request request = {};
    if (name_remove(&request, folder, p9_name_of("gone"), gone) != 0 || commit() != 0) abort();
    if (!is_replayed && journal_checkpoint(&ext4.journal, &ext4.cache) != 0) abort();
    fuzz_volume_scan(fuzz_disk); // as it is now, with the file that is open
    uint8_t *copy = malloc(fuzz_disk->size);
    if (copy == nullptr) abort();
    memcpy(copy, fuzz_disk->bytes, fuzz_disk->size);
    p9_node_put(gone);
    p9_node_put(folder);
    shut(root);
    memcpy(fuzz_disk->bytes, copy, fuzz_disk->size);
    free(copy);
}

static void must(errcode_t error)
{
    if (error == 0) return;
    fprintf(stderr, "%s\n", error_message(error));
    abort();
}

static void volume_make(struct fuzz_volume *volume, uint32_t more, uint32_t read_only,
                        bool is_replayed)
{
    ext2_filsys fs;
    struct ext2_super_block super = {.s_rev_level = 1, .s_inode_size = 256, .s_inodes_count = 128};
    super.s_blocks_per_group = 2048;
    super.s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | more;
    super.s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | read_only;
    fuzz_volume_make(volume, 4 << 20);
    ext2fs_blocks_count_set(&super, 4 << 10);
    if (device_open(&ext4.device, "disk") != 0) abort();
    if (cache_init(&ext4.cache, &ext4.device, 1024, 64) != 0) abort();
    must(ext2fs_initialize("disk", EXT2_FLAG_64BITS, &super, &volume_io_manager, &fs));
    fs->super->s_checksum_type = EXT2_CRC32C_CHKSUM;
    memset(fs->super->s_uuid, 7, sizeof fs->super->s_uuid);
    ext2fs_init_csum_seed(fs);
    must(ext2fs_allocate_tables(fs));
    for (dgrp_t i = 0; i < fs->group_desc_count; i++) {
        ext2fs_bg_flags_clear(fs, i, EXT2_BG_INODE_UNINIT | EXT2_BG_BLOCK_UNINIT);
        ext2fs_bg_itable_unused_set(fs, i, 0);
        ext2fs_group_desc_csum_set(fs, i);
    }
    must(ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, nullptr));
    for (ext2_ino_t i = EXT2_ROOT_INO + 1; i < EXT2_FIRST_INODE(fs->super); i++)
        ext2fs_inode_alloc_stats2(fs, i, +1, 0);
    must(ext2fs_add_journal_inode(fs, 1024, 0));
    must(ext2fs_close_free(&fs));
    cache_logged(&ext4.cache);
    if (cache_write_back(&ext4.cache, BLOCK_LOGGED) != 0) abort();
    shut(nullptr);
    volume_fill(is_replayed);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    initialize_ext2_error_table();
    is_changed = calloc(1, (4 << 20) / FUZZ_BLOCK / 8 + 1);
    if (is_changed == nullptr) abort();
    volume_make(&volumes[0], EXT3_FEATURE_INCOMPAT_EXTENTS, 0, false);
    volume_make(&volumes[1], EXT3_FEATURE_INCOMPAT_EXTENTS, 0, true);
    volume_make(&volumes[2], 0, 0, true);
    volume_make(&volumes[3], EXT3_FEATURE_INCOMPAT_EXTENTS, EXT4_FEATURE_RO_COMPAT_METADATA_CSUM,
                false);
    is_undoing = true;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0) return 0;
    fuzz_disk = &volumes[input[0] % VOLUMES];
    transfers = 0;
    fuzz_damage(input + 1, size - 1);
    for (int changes = 0; changes < 2; changes++) {
        struct file *root = nullptr;
        if (ext4_open("disk", changes == 0) == 0 && file_get(EXT2_ROOT_INO, &root) == 0)
            fuzz_walk(&root->node, 4, changes != 0);
        shut(root);
    }
    fuzz_restore();
    return 0;
}
