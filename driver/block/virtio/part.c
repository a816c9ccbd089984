// SPDX-License-Identifier: MIT
// Files that are parts of the disk. Each has its own bounds; the requests are the disk's.
#include "batch.h"
#include "part.h"
#include "window.h"

#include <9p/tree.h>
#include <errno.h>
#include <ferrite/log.h>
#include <partition/partition.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct part {
    struct part *next;
    struct disk *disk;
    struct p9_node *node;
    uint64_t start, size; // bytes
    char name[24];
};

static struct part *parts;
static struct p9_node *control;

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

static int part_open(struct p9_request *request, struct p9_open *open)
{
    bool writes = (open->flags & OPEN_ACCESS) != OPEN_READ;
    return writes && part_of(open)->disk->is_read_only ? -EROFS : 0;
}

// A transfer's window, or why it cannot be.
static int transfer_check(struct p9_open *open, const struct p9_transfer *transfer,
                          struct window **window)
{
    const struct part *part = part_of(open);
    if (transfer->is_write && part->disk->is_read_only) return -EROFS;
    if (transfer->offset % SECTOR != 0 || transfer->position % SECTOR != 0) return -EINVAL;
    if (transfer->count == 0 || transfer->count % SECTOR != 0) return -EINVAL;
    if (transfer->offset > part->size || transfer->count > part->size - transfer->offset)
        return -ENOSPC;
    if (transfer->count > UINT32_MAX) return -EINVAL;
    *window = window_find(open, transfer);
    return *window == nullptr ? -ENXIO : 0;
}

static int64_t part_transfer(struct p9_request *request, struct p9_open *open,
                             const struct p9_transfer *transfer)
{
    const struct part *part = part_of(open);
    struct window *window;
    int result = transfer_check(open, transfer, &window);
    if (result != 0) return result;
    struct p9_transfer whole = *transfer;
    whole.offset += part->start;
    return disk_transfer(part->disk, request, window, &whole);
}

// All pieces are looked at before the first is written.
static int batch_fill(struct p9_open *open, struct batch *batch, const uint8_t *data,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct fe_transfer_piece wanted;
        struct window *window;
        memcpy(&wanted, data + i * sizeof wanted, sizeof wanted);
        struct p9_transfer transfer = {.offset = wanted.offset,
                                       .memory = wanted.memory,
                                       .position = wanted.position,
                                       .count = wanted.size,
                                       .is_write = true};
        int result = transfer_check(open, &transfer, &window);
        if (result != 0) return result;
        batch->piece[batch->count++] =
            (struct batch_piece){.window = window,
                                 .sector = (part_of(open)->start + wanted.offset) / SECTOR,
                                 .physical = window->physical + wanted.position,
                                 .size = (uint32_t)wanted.size};
    }
    return 0;
}

static int part_write_pieces(struct p9_request *request, struct p9_open *open)
{
    size_t count = request->size / sizeof(struct fe_transfer_piece);
    if (!p9_open_has(open, OPEN_WRITE)) return -EBADF;
    if (request->size != count * sizeof(struct fe_transfer_piece)) return -EINVAL;
    if (count == 0 || count > FE_TRANSFER_PIECES) return -EINVAL;
    struct batch *batch = batch_create((uint32_t)count);
    if (batch == nullptr) return -ENOMEM;
    int result = batch_fill(open, batch, request->data, (uint32_t)count);
    if (result == 0) return (int)batch_send(part_of(open)->disk, request, batch);
    batch_free(batch);
    return result;
}

static int part_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    uint64_t number;
    if (control == CONTROL_TRANSFER_MEMORY)
        return window_create(part_of(open)->disk, request, open);
    if (control == CONTROL_TRANSFER_WRITE) return part_write_pieces(request, open);
    if (control != CONTROL_TRANSFER_FORGET) return -ENOTTY;
    if (request->size != sizeof number) return -EINVAL;
    memcpy(&number, request->data, sizeof number);
    return window_forget(open, number);
}

static int part_sync(struct p9_request *request, struct p9_open *open)
{
    return disk_flush(part_of(open)->disk, request);
}

static void room_tell(void)
{
    for (struct part *part = parts; part != nullptr; part = part->next) p9_node_changed(part->node);
    p9_node_changed(control);
}

static int part_add(const struct search *search, const char *name, uint64_t start, uint64_t size)
{
    static const struct p9_operations operations = {
        .open = part_open,
        .read = part_read,
        .write = part_write,
        .transfer = part_transfer,
        .control = part_control,
        .sync = part_sync,
        .close = window_close,
    };
    struct part *part = malloc(sizeof *part);
    if (part == nullptr) return -ENOMEM;
    *part = (struct part){.next = parts, .disk = search->disk, .start = start, .size = size};
    snprintf(part->name, sizeof part->name, "%s", name);
    uint32_t mode = S_IFBLK | (search->disk->is_read_only ? 0400 : 0600);
    const struct p9_tree_entry entry = {
        .path = name, .mode = mode, .operations = &operations, .context = part};
    int error = p9_tree_add(search->root, &entry, &part->node);
    if (error != 0) {
        free(part);
        return error;
    }
    part->node->size = size;
    parts = part;
    return 0;
}

// `discard PART OFFSET SIZE` or `zero PART OFFSET SIZE`, in bytes, whole sectors.
static int command(struct p9_request *request, void *context, const char *text, size_t size)
{
    char line[96], verb[8], name[24];
    unsigned long long offset, count;
    if (size >= sizeof line) return -EINVAL;
    memcpy(line, text, size);
    line[size] = '\0';
    if (sscanf(line, "%7s %23s %llu %llu", verb, name, &offset, &count) != 4) return -EINVAL;
    bool is_zeroed = strcmp(verb, "zero") == 0;
    if (!is_zeroed && strcmp(verb, "discard") != 0) return -EINVAL;
    const struct part *part = parts;
    while (part && strcmp(part->name, name) != 0) part = part->next;
    if (part == nullptr) return -ENOENT;
    if (offset % SECTOR != 0 || count % SECTOR != 0 || count == 0) return -EINVAL;
    if (offset > part->size || count > part->size - offset) return -EINVAL;
    struct range range = {.sector = (part->start + offset) / SECTOR,
                          .count = count / SECTOR,
                          .is_zeroed = is_zeroed,
                          .answered = (uint32_t)size};
    return disk_range(part->disk, request, &range);
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

static void refused(void *context, const struct partition *partition, const char *why)
{
    fe_log("partition %u, %llu sectors from %llu on, %s: it is left out", partition->number,
           (unsigned long long)partition->count, (unsigned long long)partition->first, why);
}

int parts_add(struct disk *disk, struct p9_node *root)
{
    struct search search = {.disk = disk, .root = root};
    const struct partition_reader reader = {.read = table_read,
                                            .found = found,
                                            .refused = refused,
                                            .context = &search,
                                            .sectors = disk->size / SECTOR};
    const struct p9_tree_entry entry = {.path = "ctl", .mode = 0200, .command = command};
    disk->has_room = room_tell;
    int error = p9_tree_add(root, &entry, &control);
    if (error == 0) error = part_add(&search, "data", 0, disk->size);
    if (error == 0) (void)partition_find(&reader);
    return error == 0 ? search.error : error;
}
