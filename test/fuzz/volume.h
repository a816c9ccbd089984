// SPDX-License-Identifier: MIT
// What the fuzzers of file systems share: a disk in memory that is as it was after each input, and
// inputs that damage it. An input is a byte that says which volume, and then records: which of the
// volume's blocks that are not all zeros (2 bytes), where in it (2), how many bytes (1, at most 8)
// and they. What the servers stand on is next to nothing here; nodes are counted.
#pragma once

#include <9p/server.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/memory.h>
#include <fileserver/fileserver.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <volume/cache.h>

enum : size_t { FUZZ_BLOCK = 512, VOLUMES = 4 };

struct fuzz_volume {
    uint8_t *bytes;
    uint64_t size;
    uint32_t *used; // blocks that are not all zeros
    uint32_t used_count;
};

static struct fuzz_volume volumes[VOLUMES], *fuzz_disk;

struct fuzz_undo {
    uint64_t block;
    uint8_t bytes[FUZZ_BLOCK];
};

static struct fuzz_undo *undo;
static size_t undo_count, undo_capacity;
static uint8_t *is_changed; // blocks
static bool is_undoing;
static uint64_t transfers; // since the input began: what is endless has many

enum : uint64_t { TRANSFERS_MAX = 4'000'000 };

static void fuzz_keep(uint64_t block)
{
    if (!is_undoing || (is_changed[block / 8] >> block % 8 & 1)) return;
    is_changed[block / 8] |= (uint8_t)(1 << block % 8);
    if (undo_count == undo_capacity) {
        undo_capacity = undo_capacity * 2 + 1024;
        undo = realloc(undo, undo_capacity * sizeof *undo);
        if (undo == nullptr) abort();
    }
    undo[undo_count].block = block;
    memcpy(undo[undo_count++].bytes, fuzz_disk->bytes + block * FUZZ_BLOCK, FUZZ_BLOCK);
}

static void fuzz_restore(void)
{
    while (undo_count != 0) {
        const struct fuzz_undo *old = &undo[--undo_count];
        memcpy(fuzz_disk->bytes + old->block * FUZZ_BLOCK, old->bytes, FUZZ_BLOCK);
        is_changed[old->block / 8] = 0;
    }
}

static void fuzz_volume_make(struct fuzz_volume *volume, uint64_t size)
{
    *volume = (struct fuzz_volume){.bytes = calloc(1, size), .size = size};
    if (volume->bytes == nullptr) abort();
    fuzz_disk = volume;
}

// The volume is complete.
static void fuzz_volume_scan(struct fuzz_volume *volume)
{
    static const uint8_t zeros[FUZZ_BLOCK];
    uint64_t blocks = volume->size / FUZZ_BLOCK;
    volume->used = calloc(blocks, sizeof *volume->used);
    if (volume->used == nullptr) abort();
    for (uint32_t i = 0; i < blocks; i++) {
        if (memcmp(volume->bytes + i * FUZZ_BLOCK, zeros, FUZZ_BLOCK) != 0)
            volume->used[volume->used_count++] = i;
    }
}

static void fuzz_damage(const uint8_t *input, size_t size)
{
    while (size >= 5) {
        uint32_t which = input[0] | (uint32_t)input[1] << 8,
                 at = input[2] | (uint32_t)input[3] << 8;
        size_t count = input[4] % 9;
        input += 5;
        size -= 5;
        if (count > size) count = size;
        uint64_t block = fuzz_disk->used[which % fuzz_disk->used_count];
        at %= FUZZ_BLOCK;
        size_t part = count < FUZZ_BLOCK - at ? count : FUZZ_BLOCK - at;
        fuzz_keep(block);
        memcpy(fuzz_disk->bytes + block * FUZZ_BLOCK + at, input, part);
        input += count;
        size -= count;
    }
}

// The disk.

int device_open(struct device *device, const char *path)
{
    *device = (struct device){.path = path, .size = fuzz_disk->size};
    return 0;
}

void device_close(struct device *device) {}

static bool is_within(uint64_t offset, size_t size)
{
    if (++transfers > TRANSFERS_MAX) abort(); // it does not end
    return offset <= fuzz_disk->size && size <= fuzz_disk->size - offset;
}

int device_read(struct device *device, uint64_t offset, void *to, size_t size)
{
    if (!is_within(offset, size)) return -EIO;
    memcpy(to, fuzz_disk->bytes + offset, size);
    return 0;
}

int device_write(struct device *device, uint64_t offset, const void *from, size_t size)
{
    if (!is_within(offset, size) || size == 0) return -EIO;
    for (uint64_t i = offset / FUZZ_BLOCK; i <= (offset + size - 1) / FUZZ_BLOCK; i++) fuzz_keep(i);
    memcpy(fuzz_disk->bytes + offset, from, size);
    return 0;
}

int device_flush(struct device *device)
{
    return 0;
}

int device_memory_get(struct device *device, size_t size, struct device_memory *memory)
{
    *memory = (struct device_memory){.at = calloc(1, size), .size = size};
    return memory->at ? 0 : -ENOMEM;
}

void device_memory_put(struct device *device, const struct device_memory *memory)
{
    free(memory->at);
}

int device_fill(struct device *device, uint64_t offset, const struct device_piece *piece)
{
    return device_read(device, offset, piece->memory->at + piece->position, piece->size);
}

int device_store(struct device *device, uint64_t offset, const struct device_piece *piece)
{
    return device_write(device, offset, piece->memory->at + piece->position, piece->size);
}

int device_store_all(struct device *device, const struct device_change *change, size_t count)
{
    return device_store_each(device, change, count);
}

int device_failed(const struct device *device, const char *what, uint64_t offset, int64_t result)
{
    return result < 0 ? (int)result : -EIO;
}

// What a server has.

void p9_node_get(struct p9_node *node)
{
    node->references++;
}

void p9_node_put(struct p9_node *node)
{
    if (node && --node->references == 0) node->operations->release(node);
}

struct p9_listing { // the first names, for the walk
    char names[24][256];
    size_t sizes[24];
    uint32_t count, seen;
};

bool p9_list_entry(struct p9_listing *listing, struct p9_name name, const struct fe_9p_entry *entry)
{
    if (name.size != 0 && name.size < 256 && listing->count < 24) {
        memcpy(listing->names[listing->count], name.text, name.size);
        listing->sizes[listing->count++] = name.size;
    }
    return ++listing->seen < 100'000;
}

struct p9_name p9_name_of(const char *text)
{
    return (struct p9_name){text, strlen(text)};
}

void file_system_changed(void) {}

bool file_system_may_grow(size_t bytes)
{
    return bytes != 0;
}

int file_system_refuse(int result, const char *format, ...)
{
    return result;
}

size_t file_system_cache_pages(void)
{
    return 64;
}

int file_system_memory(struct p9_request *request, struct p9_open *open,
                       const struct p9_memory_wish *wish, fe_handle *memory)
{
    return -ENODEV;
}

int file_system_image(struct p9_request *request, struct p9_node *node, fe_handle *image)
{
    return -ENODEV;
}

int file_system_main(const struct file_system *system, int count, char **arguments)
{
    return 0;
}

uint64_t fe_clock_realtime(void)
{
    return 1'700'000'000'000'000'000;
}

void fe_log(const char *format, ...) {}

enum status fe_memory_allocate(size_t size, void **address)
{
    *address = calloc(1, size);
    return *address ? OK : ERR_NO_MEMORY;
}

enum status fe_memory_unmap(void *address, size_t size)
{
    free(address);
    return OK;
}

// What somebody does with a volume: reads all that can be found, then changes things at places that
// may be damaged. Results are of no interest.

static int fuzz_read(struct p9_node *node)
{
    static uint8_t bytes[40'000];
    struct p9_request request = {};
    struct p9_open open = {.node = node};
    const struct p9_operations *can = node->operations;
    int64_t count = 0;
    if (can->read) count = can->read(&request, &open, 0, bytes, sizeof bytes);
    if (can->read && node->size > sizeof bytes)
        count = can->read(&request, &open, node->size - 100, bytes, sizeof bytes);
    if (can->readlink && (node->mode & MODE_TYPE) == MODE_LINK)
        count = can->readlink(&request, node, (char *)bytes, 4096);
    struct fe_9p_attributes attributes = {};
    if (can->getattr) (void)can->getattr(&request, node, &attributes);
    return (int)count;
}

static void fuzz_change(struct p9_node *directory, struct p9_name name, struct p9_node *node)
{
    static const uint8_t bytes[3000] = {1};
    struct p9_request request = {};
    struct p9_open open = {.node = node};
    const struct p9_operations *can = node->operations, *in = directory->operations;
    struct p9_creation creation = {.mode = MODE_FILE | 0644};
    struct p9_name new_name = p9_name_of("A new name that is rather long.text");
    struct p9_node *made;
    if (in->create(&request, directory, new_name, &creation, &made) == 0) p9_node_put(made);
    creation.mode = MODE_DIRECTORY | 0755;
    if (in->create(&request, directory, p9_name_of("new"), &creation, &made) == 0)
        p9_node_put(made);
    if ((node->mode & MODE_TYPE) == MODE_FILE) {
        (void)can->write(&request, &open, node->size, bytes, sizeof bytes);
        (void)can->write(&request, &open, node->size / 2, bytes, sizeof bytes);
        (void)can->truncate(&request, node, node->size / 3);
        (void)can->truncate(&request, node, node->size + 5000);
    }
    struct p9_place from = {directory, name, node}, to = {directory, p9_name_of("moved"), nullptr};
    if (in->lookup(&request, directory, to.name, &made) == 0) {
        p9_node_put(made);
    } else if (in->rename(&request, &from, &to) == 0) {
        (void)in->remove(&request, directory, to.name, node);
    }
    if (can->sync) (void)can->sync(&request, &open);
}

static void fuzz_walk(struct p9_node *directory, uint32_t depth, bool changes)
{
    struct p9_request request = {};
    struct p9_open open = {.node = directory};
    struct p9_listing *listing = calloc(1, sizeof *listing);
    if (listing == nullptr) abort();
    (void)directory->operations->readdir(&request, &open, 0, listing);
    for (uint32_t i = 0; i < listing->count; i++) {
        struct p9_name name = {listing->names[i], listing->sizes[i]};
        struct p9_node *node;
        if (directory->operations->lookup(&request, directory, name, &node) != 0) continue;
        bool is_directory = (node->mode & MODE_TYPE) == MODE_DIRECTORY;
        if (is_directory && depth > 0) fuzz_walk(node, depth - 1, changes);
        if (!is_directory) (void)fuzz_read(node);
        if (changes) fuzz_change(directory, name, node);
        p9_node_put(node);
    }
    free(listing);
}
