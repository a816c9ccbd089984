// SPDX-License-Identifier: MIT
// Opening a volume: what it is, and whether it may be written to.
#include "fat.h"

#include <errno.h>
#include <ferrite/log.h>
#include <fileserver/fileserver.h>
#include <stdlib.h>
#include <string.h>

#include <diskio.h>

enum : uint32_t { BOOT_SIZE = 512, SECTOR_MAX = 4096 };

struct fat fat = {.mask = 0022};

int error_of(FRESULT result)
{
    switch (result) {
    case FR_OK: return 0;
    case FR_DISK_ERR: return -EIO;
    case FR_NO_FILE:
    case FR_NO_PATH: return -ENOENT;
    case FR_INVALID_NAME: return -EINVAL;
    case FR_EXIST: return -EEXIST;
    case FR_DENIED: return -ENOSPC;
    case FR_WRITE_PROTECTED: return -EROFS;
    case FR_NO_FILESYSTEM: return -EINVAL;
    default: return -EUCLEAN;
    }
}

static bool is_sector_size(uint32_t size)
{
    return size >= DEVICE_SECTOR && size <= SECTOR_MAX && (size & (size - 1)) == 0;
}

// The size of a sector as the boot sector has it, in *size.
static int sector_size(const uint8_t *boot, uint32_t *size)
{
    bool is_exfat = memcmp(boot + 3, "EXFAT   ", 8) == 0;
    bool is_boot = boot[510] == 0x55 && boot[511] == 0xaa && (boot[0] == 0xeb || boot[0] == 0xe9);
    *size = is_exfat ? 1u << (boot[108] & 31) : boot[11] | (uint32_t)boot[12] << 8;
    if (is_sector_size(*size)) return 0;
    if (is_exfat || (is_boot && *size > SECTOR_MAX))
        return file_system_refuse(-EOPNOTSUPP, "sectors of %u bytes are not supported", *size);
    return file_system_refuse(-EINVAL, "no boot sector of FAT or exFAT");
}

static int boot_read(uint32_t *size)
{
    uint8_t boot[BOOT_SIZE];
    if (fat.device.size < BOOT_SIZE)
        return file_system_refuse(-EINVAL, "it is smaller than a boot sector");
    int result = device_read(&fat.device, 0, boot, sizeof boot);
    if (result != 0) return file_system_refuse(result, "its boot sector cannot be read");
    return sector_size(boot, size);
}

static int structures_open(void)
{
    uint32_t size;
    int result = boot_read(&size);
    if (result != 0) return result;
    result = cache_init(&fat.cache, &fat.device, size, file_system_cache_pages());
    fat.cache.may_grow = file_system_may_grow;
    if (result != 0) return result;
    FRESULT opened = f_mount(&fat.fs, "", 1);
    if (opened == FR_NO_FILESYSTEM)
        return file_system_refuse(-EINVAL, "its boot sector is none of FAT or exFAT, or damaged");
    if (opened == FR_OK && fat.fs.volbase != 0)
        return file_system_refuse(-EINVAL, "it has partitions, of which one is to be named");
    fat.cluster_size = fat.fs.csize * size;
    return error_of(opened);
}

// One sector of the table, and the same of its copy.
static int copy_mend(LBA_t sector)
{
    uint8_t first[SECTOR_MAX], second[SECTOR_MAX];
    DRESULT result = disk_read(fat.fs.pdrv, first, sector, 1);
    if (result == RES_OK) result = disk_read(fat.fs.pdrv, second, sector + fat.fs.fsize, 1);
    if (result != RES_OK) return -EIO;
    if (memcmp(first, second, fat.cache.block_size) == 0) return 0;
    result = disk_write(fat.fs.pdrv, first, sector + fat.fs.fsize, 1);
    if (result != RES_OK) return -EIO;
    return fat.cache.held > fat.cache.pages_max * fat.cache.page_blocks / 4 ? commit(false) : 0;
}

// A commit that came to no end may have left a table whose copy is older. The table is written
// first, and is what counts.
static int copies_mend(void)
{
    int result = 0;
    if (fat.fs.n_fats != 2) return 0;
    for (DWORD i = 0; i < fat.fs.fsize && result == 0; i++) result = copy_mend(fat.fs.fatbase + i);
    return result == 0 ? commit(false) : result;
}

// What is counted is the number of free clusters; the volume's own note is only a hint.
static int writing_begin(void)
{
    int is_dirty;
    DWORD count;
    FATFS *fs;
    int result = error_of(fat_dirty(&fat.fs, &is_dirty));
    if (result == 0) result = error_of(f_getfree("", &count, &fs));
    if (result != 0) return result;
    if (is_dirty)
        fe_log("%s: was not closed after writing, and should be checked", fat.device.path);
    fat.was_dirty = is_dirty;
    return is_dirty ? copies_mend() : 0;
}

// A volume that is larger than its disk: what somebody writes might have no place, so it is only
// read, as far as it goes.
static bool is_cut_off(void)
{
    uint64_t sectors = fat.fs.database + (uint64_t)(fat.fs.n_fatent - 2) * fat.fs.csize;
    if (sectors <= fat.device.size / fat.cache.block_size) return false;
    fe_log("%s: is smaller than its volume, and only read", fat.device.path);
    return true;
}

int fat_open(const char *path, bool is_read_only)
{
    int result = device_open(&fat.device, path);
    if (result != 0) return result;
    fat.is_read_only = is_read_only || fat.device.is_read_only;
    result = structures_open();
    if (result == 0 && is_cut_off()) fat.is_read_only = true;
    if (result == 0 && !fat.is_read_only) result = writing_begin();
    if (result == 0) result = file_root(&fat.root);
    if (result != 0) fat_close();
    return result;
}

// What is not written is lost: for volumes that nobody has used.
void fat_close(void)
{
    free(fat.root);
    fat.root = nullptr;
    FRESULT result = f_mount(nullptr, "", 0);
    (void)result;
    cache_fini(&fat.cache);
    device_close(&fat.device);
}
