// SPDX-License-Identifier: MIT
// A disk's requests (virtio 1.2, section 5.2.6): header, data and status are three buffers of one
// chain, all in the request's slot. Reads may begin and end within sectors; writes are whole
// sectors.
#include "batch.h"
#include "window.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t { // feature bits, 5.2.3
    BLOCK_READ_ONLY = 1ull << 5,
    BLOCK_FLUSH = 1ull << 9,
    BLOCK_DISCARD = 1ull << 13,
    BLOCK_ZEROES = 1ull << 14,
    BLOCK_WANTED = BLOCK_READ_ONLY | BLOCK_FLUSH | BLOCK_DISCARD | BLOCK_ZEROES,
};
enum : uint32_t {
    CONFIG_CAPACITY = 0, // 5.2.4, sectors
    CONFIG_DISCARD_MAX = 36,
    CONFIG_ZEROES_MAX = 48,
    CONFIG_ZEROES_UNMAP = 56,
    REQUEST_READ = 0, // 5.2.6
    REQUEST_WRITE = 1,
    REQUEST_FLUSH = 4,
    REQUEST_DISCARD = 11,
    REQUEST_ZEROES = 13,
    RANGE_UNMAP = 1,
    HEADER_SIZE = 16,
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_UNSUPPORTED = 2,
    STATUS_PENDING = 0xff, // none of the device's
    DATA_OFFSET = 512,     // in a slot; keeps the data aligned
    SLOT_SIZE = DATA_OFFSET + TRANSFER_MAX + SECTOR,
    SLOTS_WANTED = 32,
    BUFFERS_PER_REQUEST = 3,
};

struct request_header {
    uint32_t type, reserved;
    uint64_t sector;
};

struct request_range { // 5.2.6, of discard and write zeroes
    uint64_t sector;
    uint32_t count, flags;
};

static enum status slots_create(struct disk *disk)
{
    disk->slot_count = disk->queue.size / BUFFERS_PER_REQUEST;
    if (disk->slot_count > SLOTS_WANTED) disk->slot_count = SLOTS_WANTED;
    if (disk->slot_count == 0) return ERR_NOT_SUPPORTED;
    disk->slots = calloc(disk->slot_count, sizeof(*disk->slots));
    if (disk->slots == nullptr) return ERR_NO_MEMORY;
    TRY(virtio_memory_create(&disk->device, (size_t)disk->slot_count * SLOT_SIZE, &disk->memory));
    for (uint32_t i = 0; i < disk->slot_count; i++) {
        struct slot *slot = &disk->slots[i];
        slot->at = disk->memory.at + (size_t)i * SLOT_SIZE;
        slot->physical = disk->memory.physical + (uint64_t)i * SLOT_SIZE;
        slot->next = disk->free;
        disk->free = slot;
    }
    return OK;
}

static void limits_read(struct disk *disk)
{
    struct virtio_device *device = &disk->device;
    if (device->features & BLOCK_DISCARD)
        virtio_configuration_read(device, CONFIG_DISCARD_MAX, &disk->discard_max,
                                  sizeof disk->discard_max);
    if ((device->features & BLOCK_ZEROES) == 0) return;
    uint8_t may_unmap = 0;
    virtio_configuration_read(device, CONFIG_ZEROES_MAX, &disk->zero_max, sizeof disk->zero_max);
    virtio_configuration_read(device, CONFIG_ZEROES_UNMAP, &may_unmap, sizeof may_unmap);
    disk->may_unmap = may_unmap != 0;
}

enum status disk_open(struct disk *disk, fe_handle event, uint64_t bits)
{
    struct virtio_device *device = &disk->device;
    TRY(virtio_open(device));
    TRY(virtio_reset(device, 0, VIRTIO_EVENT_INDEX | BLOCK_WANTED));
    uint64_t sectors = 0;
    virtio_configuration_read(device, CONFIG_CAPACITY, &sectors, sizeof(sectors));
    if (sectors > UINT64_MAX / SECTOR) return ERR_NOT_SUPPORTED;
    disk->size = sectors * SECTOR;
    disk->is_read_only = (device->features & BLOCK_READ_ONLY) != 0;
    disk->has_flush = (device->features & BLOCK_FLUSH) != 0;
    limits_read(disk);
    TRY(virtio_interrupt_bind(device, event, bits));
    disk->event = event;
    disk->event_bits = bits;
    TRY(virtio_queue_create(device, 0, SLOTS_WANTED * 4, &disk->queue));
    TRY(slots_create(disk));
    virtio_start(device);
    (void)virtqueue_sleep(&disk->queue);
    return OK;
}

static struct slot *slot_take(struct disk *disk, struct p9_request *request)
{
    struct slot *slot = disk->free;
    if (slot == nullptr) return nullptr;
    struct p9_request *kept = p9_keep(request);
    if (kept == nullptr) return nullptr;
    disk->free = slot->next;
    slot->kept = kept;
    return slot;
}

static void slot_give(struct disk *disk, struct slot *slot)
{
    if (slot->window != nullptr) window_put(slot->window);
    slot->window = nullptr;
    slot->batch = nullptr;
    slot->kept = nullptr;
    slot->next = disk->free;
    disk->free = slot;
}

static void answer(struct disk *disk, struct slot *slot);

// Puts a slot into the queue: `size` bytes of data at `data` from or to `sector`.
static void enqueue(struct disk *disk, struct slot *slot, uint64_t sector,
                    const struct virtio_buffer *data)
{
    struct request_header header = {.type = slot->type, .sector = sector};
    memcpy(slot->at, &header, sizeof(header));
    slot->at[HEADER_SIZE] = STATUS_PENDING;
    struct virtio_buffer buffers[BUFFERS_PER_REQUEST] = {
        {.address = slot->physical, .size = HEADER_SIZE}};
    uint32_t count = 1;
    if (data->size != 0) buffers[count++] = *data;
    buffers[count++] = (struct virtio_buffer){
        .address = slot->physical + HEADER_SIZE,
        .size = 1,
        .device_writes = true,
    };
    // There are three descriptors for every slot, so there is room.
    if (virtqueue_add(&disk->queue, buffers, count, slot) == OK) return;
    slot->at[HEADER_SIZE] = STATUS_FAILED;
    answer(disk, slot);
}

// The same, and tells the device.
static void submit_at(struct disk *disk, struct slot *slot, uint64_t sector,
                      const struct virtio_buffer *data)
{
    enqueue(disk, slot, sector, data);
    virtqueue_kick(&disk->queue);
}

// The same with data in the slot.
static void submit(struct disk *disk, struct slot *slot, uint64_t sector, uint32_t size)
{
    submit_at(disk, slot, sector,
              &(struct virtio_buffer){.address = slot->physical + DATA_OFFSET,
                                      .size = size,
                                      .device_writes = slot->type == REQUEST_READ});
}

int64_t disk_read(struct disk *disk, struct p9_request *request, uint64_t offset, size_t count)
{
    if (offset >= disk->size || count == 0) return 0;
    if (count > disk->size - offset) count = (size_t)(disk->size - offset);
    if (count > TRANSFER_MAX) count = TRANSFER_MAX;
    struct slot *slot = slot_take(disk, request);
    if (slot == nullptr) return P9_LATER;
    slot->type = REQUEST_READ;
    slot->skip = (uint32_t)(offset % SECTOR);
    slot->count = (uint32_t)count;
    uint32_t size = (slot->skip + slot->count + SECTOR - 1) / SECTOR * SECTOR;
    submit(disk, slot, offset / SECTOR, size);
    return P9_KEPT;
}

int64_t disk_write(struct disk *disk, struct p9_request *request, uint64_t offset, const void *from,
                   size_t count)
{
    if (disk->is_read_only) return -EROFS;
    if (offset % SECTOR != 0 || count % SECTOR != 0) return -EINVAL;
    if (count == 0) return 0;
    if (offset >= disk->size) return -ENOSPC;
    if (count > disk->size - offset) count = (size_t)(disk->size - offset);
    if (count > TRANSFER_MAX) count = TRANSFER_MAX;
    struct slot *slot = slot_take(disk, request);
    if (slot == nullptr) return P9_LATER;
    slot->type = REQUEST_WRITE;
    slot->count = (uint32_t)count;
    memcpy(slot->at + DATA_OFFSET, from, count);
    submit(disk, slot, offset / SECTOR, (uint32_t)count);
    return P9_KEPT;
}

int64_t disk_transfer(struct disk *disk, struct p9_request *request, struct window *window,
                      const struct p9_transfer *transfer)
{
    struct slot *slot = slot_take(disk, request);
    if (slot == nullptr) {
        window_put(window);
        return P9_LATER;
    }
    slot->type = transfer->is_write ? REQUEST_WRITE : REQUEST_READ;
    slot->window = window;
    slot->skip = 0;
    slot->count = (uint32_t)transfer->count;
    submit_at(disk, slot, transfer->offset / SECTOR,
              &(struct virtio_buffer){.address = window->physical + transfer->position,
                                      .size = (uint32_t)transfer->count,
                                      .device_writes = !transfer->is_write});
    return P9_KEPT;
}

bool disk_has_slot(const struct disk *disk)
{
    return disk->free != nullptr;
}

void disk_write_piece(struct disk *disk, struct batch *batch, const struct batch_piece *piece)
{
    struct slot *slot = slot_take(disk, batch->kept); // it is kept already: that cannot fail
    slot->type = REQUEST_WRITE;
    slot->batch = batch;
    slot->window = piece->window;
    slot->skip = 0;
    slot->count = piece->size;
    enqueue(disk, slot, piece->sector,
            &(struct virtio_buffer){.address = piece->physical, .size = piece->size});
}

// Whether something is under way whose asker is gone.
static bool has_abandoned(const struct disk *disk)
{
    for (uint32_t i = 0; i < disk->slot_count; i++) {
        const struct p9_request *kept = disk->slots[i].kept;
        if (kept != nullptr && kept->is_cancelled) return true;
    }
    return false;
}

int disk_flush(struct disk *disk, struct p9_request *request)
{
    if (has_abandoned(disk)) return P9_LATER;
    if (!disk->has_flush) return 0; // writes are durable when they are answered (5.2.6.2)
    struct slot *slot = slot_take(disk, request);
    if (slot == nullptr) return P9_LATER;
    slot->type = REQUEST_FLUSH;
    slot->count = 0;
    submit(disk, slot, 0, 0);
    return P9_KEPT;
}

// The next piece of a range, of as many sectors as the device takes at once.
static void range_submit(struct disk *disk, struct slot *slot)
{
    bool is_zeroed = slot->type == REQUEST_ZEROES;
    uint32_t most = is_zeroed ? disk->zero_max : disk->discard_max;
    struct request_range piece = {
        .sector = slot->sector,
        .count = slot->left < most ? (uint32_t)slot->left : most,
        .flags = is_zeroed && disk->may_unmap ? RANGE_UNMAP : 0,
    };
    slot->sector += piece.count;
    slot->left -= piece.count;
    memcpy(slot->at + DATA_OFFSET, &piece, sizeof piece);
    submit(disk, slot, 0, sizeof piece);
}

int disk_range(struct disk *disk, struct p9_request *request, const struct range *range)
{
    if (disk->is_read_only) return -EROFS;
    if ((range->is_zeroed ? disk->zero_max : disk->discard_max) == 0) return -EOPNOTSUPP;
    struct slot *slot = slot_take(disk, request);
    if (slot == nullptr) return P9_LATER;
    slot->type = range->is_zeroed ? REQUEST_ZEROES : REQUEST_DISCARD;
    slot->count = range->answered;
    slot->sector = range->sector;
    slot->left = range->count;
    range_submit(disk, slot);
    return P9_KEPT;
}

bool disk_read_now(struct disk *disk, uint64_t sector, void *to, uint32_t count)
{
    struct slot *slot = disk->free;
    uint32_t size = count * SECTOR, written;
    if (slot == nullptr || size > TRANSFER_MAX) return false;
    slot->type = REQUEST_READ;
    struct request_header header = {.type = slot->type, .sector = sector};
    memcpy(slot->at, &header, sizeof(header));
    slot->at[HEADER_SIZE] = STATUS_PENDING;
    struct virtio_buffer buffers[BUFFERS_PER_REQUEST] = {
        {.address = slot->physical, .size = HEADER_SIZE},
        {.address = slot->physical + DATA_OFFSET, .size = size, .device_writes = true},
        {.address = slot->physical + HEADER_SIZE, .size = 1, .device_writes = true},
    };
    if (virtqueue_add(&disk->queue, buffers, BUFFERS_PER_REQUEST, slot) != OK) return false;
    virtqueue_kick(&disk->queue);
    while (virtqueue_take(&disk->queue, &written) == nullptr) {
        uint64_t bits;
        if (disk->queue.broken) return false;
        if (!virtqueue_sleep(&disk->queue)) continue;
        if (fe_event_wait(disk->event, disk->event_bits, FE_FOREVER, &bits) != OK) return false;
        (void)virtio_interrupt_take(&disk->device);
    }
    (void)virtqueue_sleep(&disk->queue);
    memcpy(to, slot->at + DATA_OFFSET, size);
    return slot->at[HEADER_SIZE] == STATUS_OK;
}

static void count_request(struct disk *disk, const struct slot *slot, bool is_good)
{
    if (!is_good) disk->errors++;
    if (slot->type == REQUEST_READ) {
        disk->reads++;
        disk->read_bytes += slot->count;
    } else if (slot->type == REQUEST_WRITE) {
        disk->writes++;
        disk->written_bytes += slot->count;
    } else if (slot->type == REQUEST_FLUSH) {
        disk->flushes++;
    } else {
        disk->discards++;
    }
}

static void answer(struct disk *disk, struct slot *slot)
{
    uint8_t status = slot->at[HEADER_SIZE];
    bool is_good = status == STATUS_OK,
         is_read = slot->type == REQUEST_READ && slot->window == nullptr;
    bool is_range = slot->type == REQUEST_DISCARD || slot->type == REQUEST_ZEROES;
    if (is_range && is_good && slot->left != 0) {
        range_submit(disk, slot);
        return;
    }
    count_request(disk, slot, is_good);
    int64_t result = slot->count;
    if (!is_good) result = status == STATUS_UNSUPPORTED ? -EOPNOTSUPP : -EIO;
    struct batch *batch = slot->batch;
    if (batch != nullptr) {
        slot_give(disk, slot);
        batch_done(disk, batch, is_good ? 0 : result);
        return;
    }
    const uint8_t *data = is_good && is_read ? slot->at + DATA_OFFSET + slot->skip : nullptr;
    p9_finish(slot->kept, result, data, data == nullptr ? 0 : slot->count);
    slot_give(disk, slot);
}

bool disk_finish(struct disk *disk)
{
    uint32_t written;
    do {
        struct slot *slot;
        while ((slot = virtqueue_take(&disk->queue, &written)) != nullptr) answer(disk, slot);
    } while (!disk->queue.broken && !virtqueue_sleep(&disk->queue));
    disk->has_room();
    return !disk->queue.broken;
}
