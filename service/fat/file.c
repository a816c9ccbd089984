// SPDX-License-Identifier: MIT
// Entries as nodes of the tree: one node for each that is in use, found by where the entry is. A
// changed entry is written when a commit comes, or when nobody uses the node any more.
#include "fat.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <stdlib.h>

enum : uint64_t { ROOT_PATH = 1, GONE_PATH = 1ull << 62 };

static uint64_t key_of(const struct fat_entry *entry)
{
    return (uint64_t)entry->directory << 23 | entry->offset / 32;
}

uint64_t file_path(const struct fat_entry *entry)
{
    return key_of(entry) + ROOT_PATH + 1;
}

uint32_t file_mode(const struct fat_entry *entry)
{
    uint32_t mode = 0777 & ~fat.mask;
    if (entry->attributes & AM_DIR) return MODE_DIRECTORY | mode;
    return MODE_FILE | (entry->attributes & AM_RDO ? mode & 0555 : mode);
}

static void node_fill(struct file *file)
{
    struct p9_node *node = &file->node;
    node->mode = file_mode(&file->entry);
    node->uid = fat.uid;
    node->gid = fat.gid;
    node->links = 1;
    node->path = file->parent ? file_path(&file->entry) : ROOT_PATH;
    node->size = file->entry.attributes & AM_DIR ? 0 : file->entry.object.objsize;
    node->modify_time = node->change_time = time_read(&file->entry.modified);
    node->access_time = time_read(&file->entry.accessed);
}

static struct file **place_of(uint64_t key)
{
    struct file **at = &fat.files[(key ^ key >> 23) % FILE_HASH];
    while (*at && (*at)->key != key) at = &(*at)->next;
    return at;
}

// What an entry says has to be possible before anybody follows it.
static int check(const struct fat_entry *entry)
{
    const FFOBJID *object = &entry->object;
    bool has_start = object->sclust >= 2 && object->sclust < fat.fs.n_fatent;
    uint64_t most = (uint64_t)(fat.fs.n_fatent - 2) * fat.cluster_size;
    if (object->sclust != 0 && !has_start) return -EUCLEAN;
    if (object->objsize > most || entry->valid > object->objsize) return -EUCLEAN;
    if (object->objsize != 0 && !has_start) return -EUCLEAN;
    if ((entry->attributes & AM_DIR) == 0) return 0;
    bool is_root = fat.fs.fs_type >= FS_FAT32 && object->sclust == fat.fs.dirbase;
    return has_start && !is_root ? 0 : -EUCLEAN;
}

static struct file *file_make(void)
{
    struct file *file = calloc(1, sizeof *file);
    if (file == nullptr) return nullptr;
    file->node.operations = &file_operations;
    file->node.references = 1;
    return file;
}

int file_root(struct file **root)
{
    struct file *file = file_make();
    if (file == nullptr) return -ENOMEM;
    file->entry.attributes = AM_DIR;
    fat_root(&fat.fs, &file->entry.object);
    node_fill(file);
    *root = file;
    return 0;
}

int file_get(struct file *parent, const struct fat_entry *entry, struct file **found)
{
    uint64_t key = key_of(entry);
    struct file **at = place_of(key), *file = *at;
    if (file) {
        p9_node_get(&file->node);
        *found = file;
        return 0;
    }
    int result = check(entry);
    if (result != 0) return result;
    file = file_make();
    if (file == nullptr) return -ENOMEM;
    p9_node_get(&parent->node);
    file->parent = parent;
    file->key = key;
    file->entry = *entry;
    node_fill(file);
    *at = file;
    *found = file;
    return 0;
}

void file_move(struct file *file, struct file *parent, const struct fat_entry *entry)
{
    struct file *above = file->parent;
    *place_of(file->key) = file->next;
    p9_node_get(&parent->node);
    file->parent = parent;
    file->entry = *entry;
    file->key = key_of(entry);
    file->node.path = file_path(entry);
    file->next = nullptr;
    *place_of(file->key) = file;
    p9_node_put(&above->node);
}

static void unlink_changed(struct file *file)
{
    struct file **at = &fat.changed;
    if (!file->is_changed) return;
    while (*at != file) at = &(*at)->next_changed;
    *at = file->next_changed;
    file->is_changed = false;
}

void file_forget(struct file *file)
{
    *place_of(file->key) = file->next;
    unlink_changed(file);
    file->is_gone = true;
    file->node.links = 0;
    file->node.path |= GONE_PATH; // somebody else may have the place
}

void file_changed(struct file *file)
{
    if (file->is_changed || file->is_gone || file->parent == nullptr) return;
    file->is_changed = true;
    file->next_changed = fat.changed;
    fat.changed = file;
}

int file_store(struct file *file)
{
    if (!file->is_changed) return 0;
    time_write(file->node.modify_time, &file->entry.modified);
    time_write(file->node.access_time, &file->entry.accessed);
    int result = error_of(fat_store(&file->entry));
    if (result == 0) unlink_changed(file);
    return result;
}

void file_touch(struct file *file)
{
    file->node.modify_time = file->node.change_time = fe_clock_realtime();
    file->node.access_time = file->node.modify_time;
    file->node.version++;
    if ((file->entry.attributes & AM_DIR) == 0) file->entry.attributes |= AM_ARC;
    file_changed(file);
}

void file_release(struct p9_node *node)
{
    struct file *file = file_of(node);
    int result = 0;
    if (file->is_gone && !fat.is_read_only) {
        result = condemn(&file->entry.object);
    } else if (file->is_changed && !fat.is_read_only) {
        result = file_store(file);
    }
    if (result != 0 || file->is_gone) result = change_end(result);
    unlink_changed(file);
    if (!file->is_gone) *place_of(file->key) = file->next;
    struct file *parent = file->parent;
    map_drop(file);
    free(file);
    if (parent) p9_node_put(&parent->node);
}

// Permissions and owners that FAT cannot keep are refused; that of writing is an attribute.
int file_setattr(struct p9_request *request, struct p9_node *node, uint32_t valid,
                 const struct fe_9p_attributes *attributes)
{
    struct file *file = file_of(node);
    struct fat_entry wanted = file->entry;
    if ((valid & ATTRIBUTE_UID) && attributes->uid != node->uid) return -EPERM;
    if ((valid & ATTRIBUTE_GID) && attributes->gid != node->gid) return -EPERM;
    if (valid & ATTRIBUTE_MODE) {
        bool is_writable = (attributes->mode & 0222 & ~fat.mask) != 0;
        bool is_file = (file->entry.attributes & AM_DIR) == 0;
        wanted.attributes &= (BYTE)~AM_RDO;
        if (!is_writable && is_file) wanted.attributes |= AM_RDO;
        if ((file_mode(&wanted) ^ attributes->mode) & 0777 & ~fat.mask) return -EPERM;
    }
    int result = change_begin();
    if (result != 0) return result;
    file->entry.attributes = wanted.attributes;
    file_changed(file);
    return change_end(0);
}

int file_getattr(struct p9_request *request, struct p9_node *node,
                 struct fe_9p_attributes *attributes)
{
    attributes->block_size = fat.cluster_size;
    attributes->blocks = (uint64_t)clusters_of(node->size) * (fat.cluster_size / 512);
    return 0;
}
