// SPDX-License-Identifier: MIT
// Files that are parts of the disk. Each has its own bounds; the requests are the disk's.
#include "part.h"

#include <9p/tree.h>
#include <errno.h>
#include <partition/partition.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct part {
    struct part *next;
    struct disk *disk;
    struct p9_node *node;
    uint64_t start, size; // bytes
};

static struct part *parts;

struct search {
    struct disk *disk;
    struct p9_node *root;
    int error;
};

static struct part *part_of(const struct p9_open *open)
{
    return p9_tree_context(open->node);
}

static int64_t part_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    const struct part *part = part_of(open);
    if (offset >= part->size) return 0;
    if (count > part->size - offset) count = (size_t)(part->size - offset);
    return disk_read(part->disk, request, part->start + offset, count);
}

static int64_t part_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    const struct part *part = part_of(open);
    if (offset >= part->size) return count == 0 ? 0 : -ENOSPC;
    if (count > part->size - offset) count = (size_t)(part->size - offset);
    return disk_write(part->disk, request, part->start + offset, from, count);
}

static int part_sync(struct p9_request *request, struct p9_open *open)
{
    return disk_flush(part_of(open)->disk, request);
}

static void room_tell(void)
{
    for (struct part *part = parts; part != nullptr; part = part->next) p9_node_changed(part->node);
}

static int part_add(const struct search *search, const char *name, uint64_t start, uint64_t size)
{
    static const struct p9_operations operations = {
        .read = part_read, .write = part_write, .sync = part_sync};
    struct part *part = malloc(sizeof *part);
    if (part == nullptr) return -ENOMEM;
    *part = (struct part){.next = parts, .disk = search->disk, .start = start, .size = size};
    const struct p9_tree_entry entry = {
        .path = name, .mode = S_IFBLK | 0600, .operations = &operations, .context = part};
    int error = p9_tree_add(search->root, &entry, &part->node);
    if (error != 0) {
        free(part);
        return error;
    }
    part->node->size = size;
    parts = part;
    return 0;
}

static bool table_read(void *context, uint64_t first, void *to, uint32_t count)
{
    const struct search *search = context;
    return disk_read_now(search->disk, first, to, count);
}

static void found(void *context, const struct partition *partition)
{
    struct search *search = context;
    char name[24];
    snprintf(name, sizeof(name), "part%u", partition->number);
    if (search->error == 0)
        search->error =
            part_add(search, name, partition->first * SECTOR, partition->count * SECTOR);
}

int parts_add(struct disk *disk, struct p9_node *root)
{
    struct search search = {.disk = disk, .root = root};
    const struct partition_reader reader = {
        .read = table_read, .found = found, .context = &search, .sectors = disk->size / SECTOR};
    disk->has_room = room_tell;
    int error = part_add(&search, "data", 0, disk->size);
    if (error == 0) (void)partition_find(&reader);
    return error == 0 ? search.error : error;
}
