// SPDX-License-Identifier: MIT
// Frames of a virtio network card (virtio 1.2, section 5.1). The buffers of the stream are the
// device's DMA buffers: a frame is copied by the device only. The 12 bytes of virtio header lie in
// the headroom, right before the frame. A client that hands over what it does not own is refused,
// buffer by buffer.
#include "frames.h"

#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t { // feature bits, 5.1.3
    NET_CSUM = 1ull << 0,
    NET_GUEST_CSUM = 1ull << 1,
    NET_MTU = 1ull << 3,
    NET_MAC = 1ull << 5,
    NET_STATUS = 1ull << 16,
};

enum : uint32_t {
    QUEUE_RECEIVE = 0, // 5.1.2
    QUEUE_TRANSMIT = 1,
    CONFIG_MAC = 0, // 5.1.4
    CONFIG_STATUS = 6,
    CONFIG_MTU = 10,
    STATUS_LINK_UP = 1,
    HEADER_SIZE = 12, // 5.1.6, with num_buffers
    HEADROOM = 16,
    BUFFER_SIZE = 2048,
    QUEUE_SIZE = 256, // as many as the device allows up to this
    MTU = 1500,
    MTU_LEAST = 68, // 5.1.4.1
    ETHERNET_HEADER = 14,
};

enum : uint8_t { NEEDS_CSUM = 1, DATA_VALID = 2 }; // flags, 5.1.6

struct header { // 5.1.6
    uint8_t flags, gso_type;
    uint16_t header_size, gso_size, sum_start, sum_offset, buffers;
};
static_assert(sizeof(struct header) == HEADER_SIZE);

// Checksums, and nothing that has to do with segments: a frame comes and goes as large as it is on
// the wire. The rest of the header is not read.
static const uint64_t wanted =
    VIRTIO_EVENT_INDEX | NET_CSUM | NET_GUEST_CSUM | NET_MAC | NET_STATUS | NET_MTU;

bool nic_link_update(struct nic *nic)
{
    bool was_up = nic->link_is_up;
    uint16_t status = STATUS_LINK_UP;
    if ((nic->device.features & NET_STATUS) != 0)
        virtio_configuration_read(&nic->device, CONFIG_STATUS, &status, sizeof(status));
    nic->link_is_up = (status & STATUS_LINK_UP) != 0;
    if (was_up == nic->link_is_up) return false;
    nic->link_changes++;
    return true;
}

// A locally administered address for a card without one.
static enum status address_make(struct nic *nic)
{
    if ((nic->device.features & NET_MAC) != 0) {
        virtio_configuration_read(&nic->device, CONFIG_MAC, nic->address, sizeof(nic->address));
        return OK;
    }
    enum status status = fe_entropy_read(nic->address, sizeof(nic->address));
    if (status != OK && status != ERR_AGAIN) return status; // a guessed one is no worse
    nic->address[0] = (uint8_t)((nic->address[0] & 0xfc) | 2);
    return OK;
}

enum status nic_open(struct nic *nic, fe_handle event)
{
    TRY(virtio_open(&nic->device));
    TRY(virtio_reset(&nic->device, 0, wanted));
    TRY(address_make(nic));
    nic_link_update(nic);
    return virtio_interrupt_bind(&nic->device, event, BIT_INTERRUPT);
}

static void stream_close(struct nic *nic)
{
    virtio_queue_destroy(&nic->receive);
    virtio_queue_destroy(&nic->transmit);
    virtio_memory_destroy(&nic->memory);
    free(nic->is_clients);
    nic->is_clients = nullptr;
    fe_handle_drop(&nic->client);
}

// What the device's network carries. One that says what it must not is not believed.
static uint32_t mtu_read(struct nic *nic)
{
    uint16_t mtu = MTU;
    if ((nic->device.features & NET_MTU) != 0)
        virtio_configuration_read(&nic->device, CONFIG_MTU, &mtu, sizeof(mtu));
    return mtu < MTU_LEAST || mtu > MTU ? MTU : mtu;
}

// Where everything lies in the stream's memory.
static struct ethernet_stream layout_make(struct nic *nic)
{
    struct ethernet_stream layout = {
        .doorbell_bits = BIT_DOORBELL,
        .buffer_size = BUFFER_SIZE,
        .headroom = HEADROOM,
        .receive_count = nic->receive.size,
        .transmit_count = nic->transmit.size,
        .mtu = mtu_read(nic),
        .link_is_up = nic->link_is_up,
        .makes_checksums = (nic->device.features & NET_CSUM) != 0,
    };
    memcpy(layout.address, nic->address, sizeof(layout.address));
    uint32_t largest =
        nic->receive.size > nic->transmit.size ? nic->receive.size : nic->transmit.size;
    uint32_t size = (uint32_t)ring_size(largest);
    layout.ring_capacity = largest;
    layout.received = 0;
    layout.receive_free = size;
    layout.transmit = 2 * size;
    layout.transmit_free = 3 * size;
    layout.buffers = (4 * size + 4095) & ~4095u;
    layout.memory_size =
        layout.buffers + (uint64_t)(layout.receive_count + layout.transmit_count) * BUFFER_SIZE;
    return layout;
}

static uint8_t *buffer_at(struct nic *nic, uint32_t buffer)
{
    return nic->memory.at + nic->layout.buffers + (size_t)buffer * BUFFER_SIZE;
}

static struct header *header_of(struct nic *nic, uint32_t buffer)
{
    return (struct header *)(buffer_at(nic, buffer) + HEADROOM - HEADER_SIZE);
}

// Whether a checksum's two bytes are in the frame.
static bool sum_is_inside(uint32_t start, uint32_t offset, uint32_t size)
{
    return start + offset + 2 <= size;
}

// Gives a buffer to the device: the header and `size` bytes after it.
static enum status give(struct nic *nic, struct virtqueue *queue, uint32_t buffer, uint32_t size)
{
    uint64_t offset = nic->layout.buffers + (uint64_t)buffer * BUFFER_SIZE + HEADROOM - HEADER_SIZE;
    struct virtio_buffer whole = {
        .address = nic->memory.physical + offset,
        .size = size + HEADER_SIZE,
        .device_writes = queue == &nic->receive,
    };
    return virtqueue_add(queue, &whole, 1, (void *)((uintptr_t)buffer + 1));
}

static enum status stream_start(struct nic *nic, uint64_t bits)
{
    TRY(virtio_queue_create(&nic->device, QUEUE_RECEIVE, QUEUE_SIZE, &nic->receive));
    TRY(virtio_queue_create(&nic->device, QUEUE_TRANSMIT, QUEUE_SIZE, &nic->transmit));
    nic->layout = layout_make(nic);
    TRY(virtio_memory_create(&nic->device, nic->layout.memory_size, &nic->memory));
    uint32_t count = nic->layout.receive_count + nic->layout.transmit_count;
    nic->is_clients = calloc(count, sizeof(*nic->is_clients));
    if (nic->is_clients == nullptr) return ERR_NO_MEMORY;

    uint8_t *at = nic->memory.at;
    uint32_t capacity = nic->layout.ring_capacity;
    ring_init(&nic->received, at + nic->layout.received, capacity, nic->client, bits);
    ring_init(&nic->receive_free, at + nic->layout.receive_free, capacity, FE_NO_HANDLE, 0);
    ring_init(&nic->to_send, at + nic->layout.transmit, capacity, FE_NO_HANDLE, 0);
    ring_init(&nic->transmit_free, at + nic->layout.transmit_free, capacity, nic->client, bits);
    for (uint32_t i = nic->layout.receive_count; i < count; i++) {
        nic->is_clients[i] = true;
        TRY(ring_put(&nic->transmit_free, (struct ring_entry){i, 0}));
    }
    for (uint32_t i = 0; i < nic->layout.receive_count; i++)
        TRY(give(nic, &nic->receive, i, BUFFER_SIZE - HEADROOM));
    virtio_start(&nic->device);
    virtqueue_kick(&nic->receive);
    nic_pump(nic);
    return OK;
}

enum status nic_stream_open(struct nic *nic, fe_handle client, uint64_t bits)
{
    enum status status = virtio_reset(&nic->device, 0, wanted);
    stream_close(nic);
    nic->client = client;
    if (status == OK) status = stream_start(nic, bits);
    if (status != OK) {
        (void)virtio_reset(&nic->device, 0, wanted);
        stream_close(nic);
    }
    return status;
}

// What the client is told of a frame. What the device says that it has verified, or that comes from
// its own host and was never on a wire, it vouches for (5.1.6.4); a checksum that would have to be
// put outside of the frame is a lie: an empty frame.
static uint32_t told(struct nic *nic, uint32_t buffer, uint32_t size)
{
    const struct header *header = header_of(nic, buffer);
    uint8_t flags = (nic->device.features & NET_GUEST_CSUM) != 0 ? header->flags : 0;
    if ((flags & (NEEDS_CSUM | DATA_VALID)) == 0) return size;
    if ((flags & NEEDS_CSUM) == 0 || sum_is_inside(header->sum_start, header->sum_offset, size))
        return size | ETHERNET_VOUCHED;
    nic->refused++;
    return 0;
}

// Frames that came: to the client.
static uint32_t deliver(struct nic *nic)
{
    uint32_t count = 0, written;
    void *cookie;
    while ((cookie = virtqueue_take(&nic->receive, &written)) != nullptr) {
        uint32_t buffer = (uint32_t)(uintptr_t)cookie - 1;
        uint32_t size = written > HEADER_SIZE ? written - HEADER_SIZE : 0;
        if (size > BUFFER_SIZE - HEADROOM) size = 0; // a device that lies: an empty frame
        nic->is_clients[buffer] = true;
        nic->received_frames++;
        nic->received_bytes += size;
        size = told(nic, buffer, size);
        // The ring holds every buffer there is, so it cannot be full.
        if (ring_put(&nic->received, (struct ring_entry){buffer, size}) != OK) nic->refused++;
        count++;
    }
    if (count != 0) ring_notify(&nic->received);
    return count;
}

// Whether the client may hand this buffer over, which then is the driver's.
static bool claim(struct nic *nic, uint32_t buffer, uint32_t first, uint32_t count)
{
    if (buffer - first >= count || !nic->is_clients[buffer]) {
        nic->refused++;
        return false;
    }
    nic->is_clients[buffer] = false;
    return true;
}

static uint32_t refill(struct nic *nic)
{
    uint32_t count = 0;
    struct ring_entry entry;
    while (ring_take(&nic->receive_free, &entry) == OK) {
        count++;
        if (!claim(nic, entry.buffer, 0, nic->layout.receive_count)) continue;
        if (give(nic, &nic->receive, entry.buffer, BUFFER_SIZE - HEADROOM) != OK) nic->refused++;
    }
    if (count != 0) virtqueue_kick(&nic->receive);
    return count;
}

// Asks the device for the checksum that the client asks for; or counts it.
static void ask(struct nic *nic, struct ring_entry entry, uint32_t size)
{
    uint32_t start = (uint8_t)(entry.size >> ETHERNET_SUM_START);
    uint32_t offset = (uint8_t)(entry.size >> ETHERNET_SUM_AT);
    struct header *header = header_of(nic, entry.buffer);
    bool is_made = (nic->device.features & NET_CSUM) != 0;
    if (!is_made || start == 0 || !sum_is_inside(start, offset, size)) {
        nic->refused++;
        return;
    }
    header->flags = NEEDS_CSUM;
    header->sum_start = (uint16_t)start;
    header->sum_offset = (uint16_t)offset;
}

static uint32_t send(struct nic *nic)
{
    uint32_t count = 0;
    struct ring_entry entry;
    while (ring_take(&nic->to_send, &entry) == OK) {
        count++;
        uint32_t first = nic->layout.receive_count;
        if (!claim(nic, entry.buffer, first, nic->layout.transmit_count)) continue;
        uint32_t size = entry.size & ETHERNET_SIZE;
        if (size > BUFFER_SIZE - HEADROOM) size = ETHERNET_HEADER;
        memset(header_of(nic, entry.buffer), 0, HEADER_SIZE);
        if (entry.size > ETHERNET_SIZE) ask(nic, entry, size);
        if (give(nic, &nic->transmit, entry.buffer, size) != OK) nic->refused++;
        nic->sent_frames++;
        nic->sent_bytes += size;
    }
    if (count != 0) virtqueue_kick(&nic->transmit);
    return count;
}

static uint32_t finish_sent(struct nic *nic)
{
    uint32_t count = 0, written;
    void *cookie;
    while ((cookie = virtqueue_take(&nic->transmit, &written)) != nullptr) {
        uint32_t buffer = (uint32_t)(uintptr_t)cookie - 1;
        nic->is_clients[buffer] = true;
        if (ring_put(&nic->transmit_free, (struct ring_entry){buffer, 0}) != OK) nic->refused++;
        count++;
    }
    if (count != 0) ring_notify(&nic->transmit_free);
    return count;
}

static bool sleep_all(struct nic *nic)
{
    bool is_quiet = virtqueue_sleep(&nic->receive);
    is_quiet &= virtqueue_sleep(&nic->transmit);
    is_quiet &= ring_sleep(&nic->receive_free);
    is_quiet &= ring_sleep(&nic->to_send);
    return is_quiet;
}

void nic_pump(struct nic *nic)
{
    if (nic->memory.at == nullptr) return;
    do {
        while (deliver(nic) + refill(nic) + send(nic) + finish_sent(nic) != 0) {
        }
    } while (!nic->receive.broken && !nic->transmit.broken && !sleep_all(nic));
}
