// SPDX-License-Identifier: MIT
// The disk below a file system, through the protocol: as many messages as its transfers need.
#include <volume/device.h>

#include <abi/errno.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>

int device_open(struct device *device, const char *path)
{
    *device = (struct device){.path = path};
    int result = p9_open(path, OPEN_READ_WRITE, 0, &device->file);
    if (result == -EROFS || result == -EACCES) {
        device->is_read_only = true;
        result = p9_open(path, OPEN_READ, 0, &device->file);
    }
    if (result != 0) return result;
    struct fe_9p_attributes attributes;
    result = p9_file_stat(device->file, &attributes);
    if (result != 0) {
        device_close(device);
        return result;
    }
    device->size = attributes.size;
    if ((attributes.mode & 0222) == 0) device->is_read_only = true;
    if (device->is_read_only) return 0;
    // What a server before this one had asked for must not come after what this one asks for.
    result = device_flush(device);
    if (result != 0) device_close(device);
    return result;
}

void device_close(struct device *device)
{
    p9_close(device->file);
    device->file = nullptr;
}

int device_failed(const struct device *device, const char *what, uint64_t offset, int64_t result)
{
    int error = result < 0 ? (int)-result : EIO;
    fe_log("%s: cannot %s at byte %llu (error %d)", device->path, what, (unsigned long long)offset,
           error);
    return -error;
}

int device_read(struct device *device, uint64_t offset, void *to, size_t size)
{
    if (offset > device->size || size > device->size - offset)
        return device_failed(device, "read past the end", offset, 0);
    for (size_t done = 0; done < size;) {
        int64_t count = p9_read(device->file, offset + done, (uint8_t *)to + done, size - done);
        if (count <= 0) return device_failed(device, "read", offset + done, count);
        done += (size_t)count;
    }
    return 0;
}

int device_write(struct device *device, uint64_t offset, const void *from, size_t size)
{
    if (offset > device->size || size > device->size - offset)
        return device_failed(device, "write past the end", offset, 0);
    for (size_t done = 0; done < size;) {
        const uint8_t *bytes = (const uint8_t *)from + done;
        int64_t count = p9_write(device->file, offset + done, bytes, size - done);
        if (count <= 0) return device_failed(device, "write", offset + done, count);
        done += (size_t)count;
    }
    return 0;
}

int device_flush(struct device *device)
{
    int result = p9_sync(device->file);
    return result == 0 ? 0 : device_failed(device, "flush", 0, result);
}
