// SPDX-License-Identifier: MIT
// Feeds FatFs and the server of FAT with damaged volumes: FAT12, FAT16, FAT32 and exFAT.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#define FF_USE_MKFS 1
#include "out/port/fatfs/src/fatfs/source/ffunicode.c"
#include "port/fatfs/entry.c"
#pragma clang diagnostic pop

#include "test/fuzz/volume.h"

#include "lib/volume/cache.c"
#define grow grow_frames
#include "lib/volume/frame.c"
#undef grow
#include "lib/volume/write_back.c"
#include "service/fat/commit.c"
#include "service/fat/content.c"
#define run_of run_of_file
#include "service/fat/map.c"
#undef run_of
#include "service/fat/mount.c"
#include "service/fat/name.c"
#include "service/fat/time.c"
#define place_of place_of_file
#include "service/fat/file.c"
#undef place_of
#define disk_ioctl disk_ioctl_served
#include "service/fat/disk.c"
#undef disk_ioctl

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

// Making a volume takes more than serving one.
DRESULT disk_ioctl(BYTE drive, BYTE command, void *buffer)
{
    if (command == GET_BLOCK_SIZE) return *(DWORD *)buffer = 1, RES_OK;
    if (command != GET_SECTOR_COUNT) return disk_ioctl_served(drive, command, buffer);
    *(LBA_t *)buffer = fuzz_disk->size / FUZZ_BLOCK;
    return RES_OK;
}

static int volume_sync(struct p9_request *request, struct p9_open *open)
{
    return commit((open->node->mode & MODE_TYPE) == MODE_DIRECTORY);
}

const struct p9_operations file_operations = {
    .lookup = name_lookup,
    .readdir = name_readdir,
    .create = name_create,
    .remove = name_remove,
    .rename = name_rename,
    .read = content_read,
    .write = content_write,
    .truncate = content_truncate,
    .sync = volume_sync,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};

// Nothing is left behind, whatever happened.
static void volume_close(void)
{
    struct file *root = fat.root;
    (void)commit(true);
    fat.root = nullptr;
    if (root->node.references != 1 || fat.changed) abort();
    free(root->runs);
    free(root);
    for (uint32_t i = 0; i < FILE_HASH; i++) {
        if (fat.files[i]) abort();
    }
    fat_close();
    free(fat.condemned);
    fat = (struct fat){.mask = 0022};
}

static struct p9_node *make(struct p9_node *directory, const char *name, uint32_t mode)
{
    struct p9_request request = {};
    struct p9_creation creation = {.mode = mode};
    struct p9_node *made = nullptr;
    if (name_create(&request, directory, p9_name_of(name), &creation, &made) != 0) abort();
    return made;
}

static void fill_files(struct p9_node *directory)
{
    static const uint8_t bytes[1500] = {2};
    struct p9_request request = {};
    struct p9_node *one = make(directory, "short", MODE_FILE | 0644);
    struct p9_node *other =
        make(directory, "A name of more than eight characters", MODE_FILE | 0644);
    for (uint32_t i = 0; i < 12; i++) { // their clusters alternate
        struct p9_open open = {.node = i % 2 ? one : other};
        if (content_write(&request, &open, i / 2 * 1500, bytes, sizeof bytes) < 0) abort();
    }
    p9_node_put(one);
    p9_node_put(other);
}

static void volume_fill(void)
{
    struct p9_node *folder = make(&fat.root->node, "Folder", MODE_DIRECTORY | 0755);
    struct p9_node *below = make(folder, "Ein Ordner für länger", MODE_DIRECTORY | 0755);
    fill_files(&fat.root->node);
    fill_files(folder);
    fill_files(below);
    p9_node_put(below);
    p9_node_put(folder);
}

static void volume_make(struct fuzz_volume *volume, uint64_t size, BYTE format)
{
    static uint8_t work[64 << 10];
    MKFS_PARM parameters = {.fmt = format | FM_SFD, .n_fat = 1, .au_size = FUZZ_BLOCK};
    fuzz_volume_make(volume, size);
    if (device_open(&fat.device, "disk") != 0) abort();
    if (cache_init(&fat.cache, &fat.device, FUZZ_BLOCK, 64) != 0) abort();
    if (f_mkfs("", &parameters, work, sizeof work) != FR_OK || write_out() != 0) abort();
    fat_close();
    if (fat_open("disk", false) != 0) abort();
    volume_fill();
    volume_close();
    fuzz_volume_scan(volume);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    volume_make(&volumes[0], 512 << 10, FM_FAT);
    volume_make(&volumes[1], 4 << 20, FM_FAT);
    volume_make(&volumes[2], 36 << 20, FM_FAT32);
    volume_make(&volumes[3], 4 << 20, FM_EXFAT);
    is_changed = calloc(1, (36 << 20) / FUZZ_BLOCK / 8 + 1);
    is_undoing = true;
    return is_changed == nullptr;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0) return 0;
    fuzz_disk = &volumes[input[0] % VOLUMES];
    transfers = 0;
    fuzz_damage(input + 1, size - 1);
    for (int changes = 0; changes < 2; changes++) {
        if (fat_open("disk", changes == 0) != 0) continue;
        char label[64];
        DWORD serial;
        (void)f_getlabel("", label, &serial);
        fuzz_walk(&fat.root->node, 4, changes != 0);
        volume_close();
    }
    fuzz_restore();
    return 0;
}
