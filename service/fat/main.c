// SPDX-License-Identifier: MIT
// Serves a disk with FAT or exFAT as a tree of files: see fat(4). Its own options are -o UID[:GID],
// whose all files are, and -m MASK, the permissions that they lack, in octal.
#include "fat.h"

#include <errno.h>
#include <fileserver/fileserver.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <volume/find.h>

enum : size_t { LABEL_SIZE = 64 }; // more than 11 characters of UTF-16 take

// A directory's is what a user syncs who goes away with the disk.
static int volume_sync(struct p9_request *request, struct p9_open *open)
{
    return commit((open->node->mode & MODE_TYPE) == MODE_DIRECTORY);
}

static int volume_statfs(struct p9_request *request, struct p9_node *node,
                         struct fe_9p_statfs *statistics)
{
    DWORD count;
    FATFS *fs;
    int result = error_of(f_getfree("", &count, &fs));
    if (result != 0) return result;
    *statistics = (struct fe_9p_statfs){
        .type = fs->fs_type == FS_EXFAT ? 0x2011bab0 : 0x4d44, // as Linux has them
        .block_size = fat.cluster_size,
        .blocks = fs->n_fatent - 2,
        .blocks_free = count,
        .blocks_available = count,
        .name_max = FF_MAX_LFN,
    };
    return 0;
}

const struct p9_operations file_operations = {
    .lookup = name_lookup,
    .readdir = name_readdir,
    .create = name_create,
    .remove = name_remove,
    .rename = name_rename,
    .close = file_system_close,
    .read = file_system_read,
    .write = file_system_write,
    .truncate = file_system_truncate,
    .memory = file_system_memory,
    .image = file_system_image,
    .sync = file_system_sync,
    .statfs = volume_statfs,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};

struct search {
    const char *label;
    char *path;
    size_t size;
};

static int label_is(void *context, const char *path)
{
    const struct search *search = context;
    char label[LABEL_SIZE];
    DWORD serial;
    if (fat_open(path, true) != 0) return 0;
    bool is_it = f_getlabel("", label, &serial) == FR_OK && strcasecmp(label, search->label) == 0;
    fat_close();
    if (!is_it) return 0;
    size_t size = strlen(path) + 1;
    if (size > search->size) return -ENAMETOOLONG;
    memcpy(search->path, path, size);
    return 1;
}

static int volume_labelled(const char *label, char *path, size_t size)
{
    struct search search = {.label = label, .path = path, .size = size};
    int result = volume_each(label_is, &search);
    return result == 1 ? 0 : result == 0 ? -ENOENT : result;
}

static int volume_open(const char *path, bool is_read_only, struct p9_node **root)
{
    int result = fat_open(path, is_read_only);
    if (result == 0) *root = &fat.root->node;
    return result;
}

static bool owner_read(const char *text)
{
    char *end;
    fat.uid = fat.gid = (uint32_t)strtoul(text, &end, 10);
    if (end != text && *end == ':') {
        text = end + 1;
        fat.gid = (uint32_t)strtoul(text, &end, 10);
    }
    return end != text && *end == '\0';
}

static bool mask_read(const char *text)
{
    char *end;
    fat.mask = (uint32_t)strtoul(text, &end, 8);
    return end != text && *end == '\0' && fat.mask <= 0777;
}

static bool option_read(int letter, const char *value)
{
    return letter == 'o' ? owner_read(value) : mask_read(value);
}

// What changed is made safe where all of the cache waits for that.
static bool volume_shrink(void)
{
    if (cache_shrink(&fat.cache)) return true;
    return fat.cache.held != 0 && commit(false) == 0 && cache_shrink(&fat.cache);
}

int main(int count, char **arguments)
{
    static const struct file_system system = {.name = "fat",
                                              .letters = "o:m:",
                                              .usage = " [-o UID[:GID]] [-m MASK]",
                                              .option = option_read,
                                              .find = volume_labelled,
                                              .open = volume_open,
                                              .commit = commit,
                                              .shrink = volume_shrink,
                                              .copy = content_copy,
                                              .read = content_read,
                                              .write = content_write,
                                              .truncate = content_truncate,
                                              .sync = volume_sync};
    return file_system_main(&system, count, arguments);
}
