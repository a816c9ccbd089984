// SPDX-License-Identifier: MIT
// A disk for unit tests of the file system on the host: bytes in memory, a record of every write
// and flush, and the power cut after any of them; and what the service needs of the kernel. For one
// test program: the functions are defined here.
#pragma once

#include "ext4.h"

#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct disk_event { // a write, or a flush, which has no bytes
    uint64_t offset;
    size_t size;
    uint8_t *bytes;
};

static struct {
    uint8_t *bytes;
    size_t size;
    struct disk_event *event;
    size_t count, capacity;
    bool is_recording;
    int fails; // what every write gives; 0: none fails
} disk;

int device_failed(const struct device *device, const char *what, uint64_t offset, int64_t result)
{
    return result < 0 ? (int)result : -EIO;
}

int device_open(struct device *device, const char *path)
{
    *device = (struct device){.path = path, .size = disk.size};
    return 0;
}

void device_close(struct device *device)
{
    device->size = 0;
}

int device_read(struct device *device, uint64_t offset, void *to, size_t size)
{
    if (offset > disk.size || size > disk.size - offset) return -EIO;
    memcpy(to, disk.bytes + offset, size);
    return 0;
}

static void disk_record(uint64_t offset, const void *from, size_t size)
{
    if (!disk.is_recording) return;
    if (disk.count == disk.capacity) {
        disk.capacity = disk.capacity * 2 + 64;
        disk.event = realloc(disk.event, disk.capacity * sizeof *disk.event);
    }
    uint8_t *bytes = size != 0 ? malloc(size) : nullptr;
    if (size != 0) memcpy(bytes, from, size);
    disk.event[disk.count++] = (struct disk_event){offset, size, bytes};
}

int device_write(struct device *device, uint64_t offset, const void *from, size_t size)
{
    if (disk.fails != 0) return disk.fails;
    if (offset > disk.size || size > disk.size - offset) return -EIO;
    memcpy(disk.bytes + offset, from, size);
    disk_record(offset, from, size);
    return 0;
}

int device_flush(struct device *device)
{
    disk_record(0, nullptr, 0);
    return disk.fails;
}

int device_memory_get(struct device *device, size_t size, struct device_memory *memory)
{
    *memory = (struct device_memory){.at = malloc(size), .size = size};
    return 0;
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

// The kernel does nothing, and says that it did.
void fe_syscall2(uint64_t number, uint64_t reg[static 2])
{
    reg[0] = OK;
}

void fe_syscall4(uint64_t number, uint64_t reg[static 4])
{
    reg[0] = OK;
}

void fe_syscall8(uint64_t number, uint64_t reg[static 8])
{
    reg[0] = OK;
}

void fe_syscall12(uint64_t number, uint64_t reg[static 12])
{
    reg[0] = OK;
}

errcode_t ext2fs_check_mount_point(const char *path, int *flags, char *point, int size)
{
    *flags = 0;
    return 0;
}

void fe_log(const char *format, ...) {}

uint64_t fe_clock_realtime(void)
{
    static uint64_t now = 1'800'000'000'123'456'789;
    return now += 1'000;
}

uint64_t fe_clock_after(uint64_t ns)
{
    return ns;
}

// For the client of lib/9p, which comes along and is not used here.
uint64_t fe_clock_monotonic(void)
{
    return 0;
}

void fe_clock_sleep_until(uint64_t deadline) {}

const struct p9_operations file_operations = {.release = file_release};

// The disk as it is after the first `events`, of which those since the last flush are there or not
// by `chance`: 0, all of them.
static inline void disk_cut(const uint8_t *base, size_t events, unsigned chance)
{
    size_t flushed = events;
    while (flushed > 0 && disk.event[flushed - 1].size != 0) flushed--;
    memcpy(disk.bytes, base, disk.size);
    for (size_t i = 0; i < events; i++) {
        const struct disk_event *event = &disk.event[i];
        chance = chance * 1103515245 + (chance != 0) * 12345;
        if (i >= flushed && (chance >> 16 & 1)) continue;
        if (event->size != 0) memcpy(disk.bytes + event->offset, event->bytes, event->size);
    }
}

// A new file system, by the host's own tool, with these options.
static inline bool disk_make(const char *options)
{
    char command[400], path[] = "/tmp/ferrite-disk-XXXXXX";
    int file = mkstemp(path);
    if (file < 0) return false;
    snprintf(command, sizeof command,
             "PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext4 -b 1024 %s %s %zuk", options, path,
             disk.size / 1024);
    bool good = system(command) == 0;
    FILE *image = fopen(path, "rb");
    good = good && image != nullptr && fread(disk.bytes, 1, disk.size, image) == disk.size;
    if (image != nullptr) fclose(image);
    remove(path);
    return good;
}

// Whether the host's own tool finds nothing wrong.
static inline bool disk_is_clean(void)
{
    char command[200], path[] = "/tmp/ferrite-disk-XXXXXX";
    int file = mkstemp(path);
    FILE *image = file < 0 ? nullptr : fdopen(file, "wb");
    if (image == nullptr) return false;
    bool good = fwrite(disk.bytes, 1, disk.size, image) == disk.size;
    good = fclose(image) == 0 && good;
    snprintf(command, sizeof command,
             "said=$(PATH=$PATH:/usr/sbin:/sbin e2fsck -fn %s 2>&1) || { echo \"$said\"; false; }",
             path);
    good = good && system(command) == 0;
    remove(path);
    return good;
}
