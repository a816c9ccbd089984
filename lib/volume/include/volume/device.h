// SPDX-License-Identifier: MIT
// The disk or partition below a file system: a file of the namespace that is read and written by
// whole sectors. For one thread. Errors are negative errnos; one that the disk gave is told in the
// log by the device's name.
#pragma once

#include <9p/client.h>

enum : size_t { DEVICE_SECTOR = 512 };

struct device {
    struct p9_file *file;
    const char *path; // the caller's
    uint64_t size;    // bytes
    bool is_read_only;
};

// Opens `path`, for reading alone where it cannot be written to.
int device_open(struct device *device, const char *path);
void device_close(struct device *device);
// Memory for transfers: the driver's own, which the disk reads and writes, or ordinary memory where
// there is none, which is copied. -ENOMEM.
struct device_memory {
    uint8_t *at;
    size_t size;
    uint64_t number; // the driver's; 0: ordinary
};
int device_memory_get(struct device *device, size_t size, struct device_memory *memory);
void device_memory_put(struct device *device, const struct device_memory *memory);
// From the disk at `offset` into bytes of the memory, and back.
struct device_piece {
    const struct device_memory *memory;
    size_t position, size;
};
int device_fill(struct device *device, uint64_t offset, const struct device_piece *piece);
int device_store(struct device *device, uint64_t offset, const struct device_piece *piece);

// Many of the latter, in any order; after an error some may be done.
struct device_change {
    uint64_t offset;
    struct device_piece piece;
};
int device_store_all(struct device *device, const struct device_change *change, size_t count);
// The same, one after the other.
static inline int device_store_each(struct device *device, const struct device_change *change,
                                    size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = device_store(device, change[i].offset, &change[i].piece);
    return result;
}

int device_read(struct device *device, uint64_t offset, void *to, size_t size);
int device_write(struct device *device, uint64_t offset, const void *from, size_t size);
// Tells of an error that the disk gave; a negative errno again.
int device_failed(const struct device *device, const char *what, uint64_t offset, int64_t result);
// What was written is there after a power cut.
int device_flush(struct device *device);
