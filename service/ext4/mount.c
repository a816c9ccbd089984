// SPDX-License-Identifier: MIT
// Opening a volume: what it is, what its journal still has, and whether it may be written to.
#include "ext4.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <fileserver/fileserver.h>
#include <stdlib.h>

enum : uint32_t {
    // Features that are neither read nor written here.
    INCOMPATIBLE = EXT2_FEATURE_INCOMPAT_COMPRESSION | EXT3_FEATURE_INCOMPAT_JOURNAL_DEV |
                   EXT4_FEATURE_INCOMPAT_MMP | EXT4_FEATURE_INCOMPAT_EA_INODE |
                   EXT4_FEATURE_INCOMPAT_INLINE_DATA | EXT4_FEATURE_INCOMPAT_ENCRYPT |
                   EXT4_FEATURE_INCOMPAT_CASEFOLD | EXT4_FEATURE_INCOMPAT_DIRDATA,
    // Features that may be read.
    READ_ONLY = EXT4_FEATURE_RO_COMPAT_BIGALLOC | EXT4_FEATURE_RO_COMPAT_QUOTA |
                EXT4_FEATURE_RO_COMPAT_PROJECT | EXT4_FEATURE_RO_COMPAT_VERITY |
                EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT | EXT4_FEATURE_RO_COMPAT_READONLY |
                EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS,
};

struct ext4 ext4;

int error_of(errcode_t error)
{
    if (error > 0 && error < 4096) return -(int)error; // an errno
    switch (error) {
    case 0: return 0;
    case EXT2_ET_NO_MEMORY: return -ENOMEM;
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL: return -ENOSPC;
    case EXT2_ET_FILE_NOT_FOUND: return -ENOENT;
    case EXT2_ET_FILE_EXISTS:
    case EXT2_ET_DIR_EXISTS: return -EEXIST;
    case EXT2_ET_RO_FILSYS: return -EROFS;
    case EXT2_ET_FILE_TOO_BIG: return -EFBIG;
    case EXT2_ET_NO_DIRECTORY: return -ENOTDIR;
    case EXT2_ET_SHORT_READ:
    case EXT2_ET_SHORT_WRITE: return -EIO;
    default: return -EUCLEAN;
    }
}

static int features_check(uint32_t features)
{
    static const struct {
        uint32_t bit;
        const char *name; // as mke2fs(8) has it
    } names[] = {
        {EXT2_FEATURE_INCOMPAT_COMPRESSION, "compression"},
        {EXT3_FEATURE_INCOMPAT_JOURNAL_DEV, "journal_dev"},
        {EXT4_FEATURE_INCOMPAT_MMP, "mmp"},
        {EXT4_FEATURE_INCOMPAT_EA_INODE, "ea_inode"},
        {EXT4_FEATURE_INCOMPAT_INLINE_DATA, "inline_data"},
        {EXT4_FEATURE_INCOMPAT_ENCRYPT, "encrypt"},
        {EXT4_FEATURE_INCOMPAT_CASEFOLD, "casefold"},
        {EXT4_FEATURE_INCOMPAT_DIRDATA, "dirdata"},
    };
    uint32_t odd = features & (INCOMPATIBLE | ~(uint32_t)EXT2_LIB_FEATURE_INCOMPAT_SUPP);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((odd & names[i].bit) == 0) continue;
        return file_system_refuse(-EOPNOTSUPP, "it has a feature that is not supported: %s",
                                  names[i].name);
    }
    if (odd == 0) return 0;
    return file_system_refuse(-EOPNOTSUPP, "it has features that are not known (%x)", odd);
}

static int super_read(struct ext2_super_block *super)
{
    enum : uint32_t { LOG_BLOCK_SIZE_MOST = 6 }; // 64 KiB
    if (ext4.device.size < SUPERBLOCK_OFFSET + sizeof *super)
        return file_system_refuse(-EINVAL, "it is smaller than a superblock");
    int result = device_read(&ext4.device, SUPERBLOCK_OFFSET, super, sizeof *super);
    if (result != 0) return file_system_refuse(result, "its superblock cannot be read");
    if (super->s_magic != EXT2_SUPER_MAGIC)
        return file_system_refuse(-EINVAL, "no superblock of ext4");
    if (super->s_log_block_size > LOG_BLOCK_SIZE_MOST)
        return file_system_refuse(-EINVAL, "blocks of 2^%u bytes are not supported",
                                  super->s_log_block_size + 10);
    result = features_check(super->s_feature_incompat);
    if (result != 0) return result;
    uint32_t odd = super->s_feature_ro_compat & READ_ONLY;
    if (odd != 0 && !ext4.is_read_only) {
        fe_log("%s: can only be read (features %x)", ext4.device.path, odd);
        ext4.is_read_only = true;
    }
    return 0;
}

// By the library's errors; those that are not told here are told as what they come to.
static int refuse(errcode_t error)
{
    int result = error_of(error);
    switch (error) {
    case EXT2_ET_SB_CSUM_INVALID:
        return file_system_refuse(result, "its superblock's checksum is wrong");
    case EXT2_ET_UNKNOWN_CSUM:
        return file_system_refuse(result, "its checksums are of a kind that is not known");
    case EXT2_ET_CORRUPT_SUPERBLOCK: return file_system_refuse(result, "its superblock is damaged");
    case EXT2_ET_SHORT_READ: return file_system_refuse(result, "it is smaller than its volume");
    case EXT2_ET_GDESC_READ:
        return file_system_refuse(result, "its group descriptors cannot be read");
    case EXT2_ET_BLOCK_BITMAP_CSUM_INVALID:
    case EXT2_ET_INODE_BITMAP_CSUM_INVALID:
        return file_system_refuse(result, "a bitmap's checksum is wrong");
    default: return error < 4096 ? result : file_system_refuse(result, "%s", error_message(error));
    }
}

static int structures_open(const struct ext2_super_block *super, bool is_writing)
{
    uint32_t block_size = 1024u << super->s_log_block_size;
    int result = cache_init(&ext4.cache, &ext4.device, block_size, file_system_cache_pages());
    if (result != 0) return result;
    ext4.cache.may_grow = file_system_may_grow;
    int flags = EXT2_FLAG_64BITS | EXT2_FLAG_MASTER_SB_ONLY | (is_writing ? EXT2_FLAG_RW : 0);
    errcode_t error = ext2fs_open(ext4.device.path, flags, 0, 0, &volume_io_manager, &ext4.fs);
    if (error == 0 && is_writing) error = ext2fs_read_bitmaps(ext4.fs);
    return error == 0 ? 0 : refuse(error);
}

static void structures_close(void)
{
    ext2fs_free(ext4.fs);
    ext4.fs = nullptr;
    cache_fini(&ext4.cache);
}

// The blocks of the journal's file, in order.
static int journal_places(uint64_t **places, uint32_t *count)
{
    struct ext2_inode inode;
    uint32_t number = ext4.fs->super->s_journal_inum;
    errcode_t error = ext2fs_read_inode(ext4.fs, number, &inode);
    if (error != 0) return error_of(error);
    uint64_t blocks = EXT2_I_SIZE(&inode) / ext4.fs->blocksize;
    if (blocks < 8 || blocks > UINT32_MAX || blocks > ext4.cache.blocks) return -EUCLEAN;
    *places = malloc((size_t)blocks * sizeof(uint64_t));
    if (*places == nullptr) return -ENOMEM;
    for (uint64_t i = 0; i < blocks && error == 0; i++) {
        blk64_t at = 0;
        error = ext2fs_bmap2(ext4.fs, number, &inode, nullptr, 0, i, nullptr, &at);
        if (error == 0 && (at == 0 || at >= ext4.cache.blocks)) error = EUCLEAN;
        (*places)[i] = at;
    }
    *count = (uint32_t)blocks;
    if (error != 0) free(*places);
    return error_of(error);
}

static const char *journal_feature(void)
{
    switch (big32(ext4.journal.super.incompatible) & ~(uint32_t)JOURNAL_KNOWN) {
    case JOURNAL_HAS_FAST_COMMIT: return "fast_commit";
    case JOURNAL_HAS_ASYNC_COMMIT: return "async_commit";
    default: return "several, or one not known";
    }
}

static int journal_refuse(int result)
{
    if (result == -EUCLEAN) return file_system_refuse(result, "its journal is damaged");
    if (result != -EOPNOTSUPP) return file_system_refuse(result, "its journal cannot be used");
    if (big32(ext4.journal.super.header.kind) == JOURNAL_SUPER_1)
        return file_system_refuse(result, "its journal is of the first version");
    return file_system_refuse(result, "its journal needs a feature that is not supported: %s",
                              journal_feature());
}

static int journal_use(const struct ext2_super_block *super)
{
    uint64_t *places;
    uint32_t length, count;
    if (super->s_journal_inum == 0)
        return file_system_refuse(-EOPNOTSUPP, "its journal is on another disk");
    int result = journal_places(&places, &length);
    if (result == 0)
        result = journal_open(&ext4.journal, &ext4.device, ext4.fs->blocksize, places, length);
    if (result != 0) return result;
    ext4.journal.is_wide = (super->s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT) != 0;
    if (ext4.device.is_read_only) {
        if (ext4.journal.super.start == 0) return 0;
        return file_system_refuse(-EROFS, "its journal has changes, and the disk is only read");
    }
    result = journal_replay(&ext4.journal, &count);
    if (count != 0) fe_log("%s: %u transactions recovered", ext4.device.path, count);
    return result;
}

// While it is written to, the superblock says that the journal matters.
static int begin_writing(void)
{
    ext2fs_set_feature_journal_needs_recovery(ext4.fs->super);
    ext4.fs->super->s_mnt_count++;
    ext4.fs->super->s_mtime = (uint32_t)(fe_clock_realtime() / 1'000'000'000);
    ext2fs_mark_super_dirty(ext4.fs);
    ext2fs_set_block_alloc_stats_callback(ext4.fs, block_freed, nullptr);
    int result = orphans_release();
    lost_open();
    if (result == 0) result = commit();
    if (result == 0) result = journal_checkpoint(&ext4.journal, &ext4.cache);
    return result;
}

int ext4_open(const char *path, bool is_read_only)
{
    struct ext2_super_block super;
    int result = device_open(&ext4.device, path);
    if (result != 0) return result;
    ext4.is_read_only = is_read_only || ext4.device.is_read_only;
    result = super_read(&super);
    if (result == 0) result = structures_open(&super, false);
    if (result != 0) return result;
    if (super.s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL) {
        result = journal_use(&super);
    } else if (!ext4.is_read_only) {
        fe_log("%s: without a journal it can only be read", path);
        ext4.is_read_only = true;
    }
    if (result != 0) result = journal_refuse(result);
    structures_close(); // what was recovered may be anything
    if (result == 0) result = super_read(&super);
    if (result == 0) result = structures_open(&super, !ext4.is_read_only);
    if (result == 0 && !ext4.is_read_only) result = begin_writing();
    return result;
}
