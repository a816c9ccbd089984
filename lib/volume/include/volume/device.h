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
int device_read(struct device *device, uint64_t offset, void *to, size_t size);
int device_write(struct device *device, uint64_t offset, const void *from, size_t size);
// What was written is there after a power cut.
int device_flush(struct device *device);
