// SPDX-License-Identifier: MIT
// Transfers without a copy: the disk's driver gives memory that the disk itself reads and writes.
// A driver that gives none, or was started again and does not know it any more, reads and writes by
// messages.
#include <volume/device.h>

#include <abi/errno.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>

static int drivers_memory(struct device *device, struct device_memory *memory)
{
    uint64_t size = memory->size;
    struct p9_control control = {
        .request = CONTROL_TRANSFER_MEMORY, .data = &size, .size = sizeof size, .receive_most = 1};
    int result = p9_control(device->file, &control);
    if (result != 0) return result;
    if (control.received_count != 1) return -EPROTO;
    void *at;
    enum status status =
        fe_memory_map(control.received[0], 0, memory->size, MAP_READ | MAP_WRITE, &at);
    fe_handle_drop(&control.received[0]);
    if (status != OK) return -ENOMEM;
    memory->at = at;
    memory->number = control.value;
    return 0;
}

int device_memory_get(struct device *device, size_t size, struct device_memory *memory)
{
    void *at;
    *memory = (struct device_memory){.size = fe_page_round(size)};
    int result = drivers_memory(device, memory);
    if (result != -ENOTTY && result != -EOPNOTSUPP) return result;
    if (fe_memory_allocate(memory->size, &at) != OK) return -ENOMEM;
    memory->at = at;
    return 0;
}

void device_memory_put(struct device *device, const struct device_memory *memory)
{
    uint64_t number = memory->number;
    struct p9_control control = {
        .request = CONTROL_TRANSFER_FORGET, .data = &number, .size = sizeof number};
    enum status status = fe_memory_unmap(memory->at, memory->size);
    (void)status; // it was mapped
    if (number == 0) return;
    int result = p9_control(device->file, &control);
    (void)result; // a driver that was started again knows nothing of it
}

// -ENXIO, -EOPNOTSUPP: it has to be copied.
static int transfer(struct device *device, uint64_t offset, const struct device_piece *piece,
                    uint64_t write)
{
    struct p9_transfer_place place = {.memory = piece->memory->number, .position = piece->position};
    if (place.memory == 0) return -EOPNOTSUPP;
    if (offset > device->size || piece->size > device->size - offset) return -EOPNOTSUPP;
    int64_t count = p9_transfer(device->file, offset, &place, piece->size | write);
    return count == (int64_t)piece->size ? 0 : count < 0 ? (int)count : -EIO;
}

static int done(const struct device *device, const char *what, uint64_t offset, int result)
{
    return result == 0 ? 0 : device_failed(device, what, offset, result);
}

int device_fill(struct device *device, uint64_t offset, const struct device_piece *piece)
{
    int result = transfer(device, offset, piece, 0);
    if (result != -ENXIO && result != -EOPNOTSUPP) return done(device, "read", offset, result);
    return device_read(device, offset, piece->memory->at + piece->position, piece->size);
}

int device_store(struct device *device, uint64_t offset, const struct device_piece *piece)
{
    int result = transfer(device, offset, piece, FE_9P_TRANSFER_WRITE);
    if (result != -ENXIO && result != -EOPNOTSUPP) return done(device, "write", offset, result);
    return device_write(device, offset, piece->memory->at + piece->position, piece->size);
}

// By one message. -ENXIO, -EOPNOTSUPP, -ENOTTY: one after the other.
static int store_together(struct device *device, const struct device_change *change, size_t count)
{
    struct fe_transfer_piece piece[FE_TRANSFER_PIECES];
    for (size_t i = 0; i < count; i++) {
        const struct device_piece *from = &change[i].piece;
        uint64_t offset = change[i].offset;
        if (from->memory->number == 0) return -EOPNOTSUPP;
        if (offset > device->size || from->size > device->size - offset) return -EOPNOTSUPP;
        piece[i] = (struct fe_transfer_piece){.offset = offset,
                                              .memory = from->memory->number,
                                              .position = from->position,
                                              .size = from->size};
    }
    struct p9_control control = {
        .request = CONTROL_TRANSFER_WRITE, .data = piece, .size = count * sizeof *piece};
    return p9_control(device->file, &control);
}

int device_store_all(struct device *device, const struct device_change *change, size_t count)
{
    while (count > 1) {
        size_t part = count < FE_TRANSFER_PIECES ? count : FE_TRANSFER_PIECES;
        int result = store_together(device, change, part);
        if (result == -ENXIO || result == -EOPNOTSUPP || result == -ENOTTY)
            result = device_store_each(device, change, part);
        else
            result = done(device, "write", change->offset, result);
        if (result != 0) return result;
        change += part;
        count -= part;
    }
    return device_store_each(device, change, count);
}
