// SPDX-License-Identifier: MIT
// The path of frames with a device played here, whose physical addresses are the host's: it offers
// whatever a device may, writes what it likes into a frame's header, and lies about sizes.
#include "test/refused.h"
#include "test/unit.h"

#include "frames.h"

#include <abi/syscalls.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { HEADER = 12, FRAME = 64, HEADROOM = 16 };
enum : uint64_t { // virtio 1.2, sections 5.1.3 and 6
    CSUM = 1ull << 0,
    GUEST_CSUM = 1ull << 1,
    MTU = 1ull << 3,
    MAC = 1ull << 5,
    STATUS = 1ull << 16,
    EVENT_INDEX = 1ull << 29,
};

struct descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};

struct header { // 5.1.6
    uint8_t flags, gso_type;
    uint16_t header_size, gso_size, sum_start, sum_offset, buffers;
};

static struct nic nic;
static struct ring received, receive_free, to_send, transmit_free; // the client's
static uint16_t seen[2];                                           // of both queues
static uint8_t configuration[12];
static uint64_t offered = UINT64_MAX, agreed;

// --- The device ---------------------------------------------------------------------------------

static void notify(void *device, struct virtqueue *queue) {}

enum status virtio_open(struct virtio_device *device)
{
    return OK;
}

enum status virtio_reset(struct virtio_device *device, uint64_t required, uint64_t wanted)
{
    device->features = agreed = offered & (required | wanted);
    seen[0] = seen[1] = 0;
    return OK;
}

enum status virtio_queue_create(struct virtio_device *device, uint16_t index, uint16_t size,
                                struct virtqueue *queue)
{
    size_t bytes = virtqueue_memory_size(size);
    void *memory = aligned_alloc(4096, bytes);
    memset(memory, 0, bytes);
    *queue = (struct virtqueue){.index = index, .notify = notify, .memory = memory};
    return virtqueue_init(queue, size, memory, (uintptr_t)memory);
}

void virtio_queue_destroy(struct virtqueue *queue)
{
    if (queue->memory != nullptr) virtqueue_fini(queue);
    free(queue->memory);
    *queue = (struct virtqueue){};
}

enum status virtio_memory_create(struct virtio_device *device, size_t size,
                                 struct virtio_memory *memory)
{
    size = (size + 4095) & ~(size_t)4095;
    *memory = (struct virtio_memory){.at = aligned_alloc(4096, size), .size = size};
    memory->physical = (uintptr_t)memory->at;
    memset(memory->at, 0, size);
    return OK;
}

void virtio_memory_destroy(struct virtio_memory *memory)
{
    free(memory->at);
    *memory = (struct virtio_memory){};
}

void virtio_start(struct virtio_device *device) {}

void virtio_configuration_read(struct virtio_device *device, uint32_t offset, void *to, size_t size)
{
    memcpy(to, configuration + offset, size);
}

enum status virtio_interrupt_bind(struct virtio_device *device, fe_handle event, uint64_t bits)
{
    return OK;
}

// The next buffer that the driver gave; nullptr: there is none.
static struct descriptor *take(struct virtqueue *queue)
{
    const uint16_t *ring = (const void *)(uintptr_t)queue->available_address;
    struct descriptor *table = (void *)(uintptr_t)queue->descriptor_address;
    uint16_t *at = &seen[queue->index];
    return ring[1] == *at ? nullptr : &table[ring[2 + (*at)++ % queue->size]];
}

static void finish(struct virtqueue *queue, const struct descriptor *done, uint32_t written)
{
    uint8_t *used = (void *)(uintptr_t)queue->used_address;
    uint16_t *index = (uint16_t *)(used + 2);
    uint32_t *element = (uint32_t *)(used + 4 + 8 * (size_t)(*index % queue->size));
    const struct descriptor *table = (const void *)(uintptr_t)queue->descriptor_address;
    element[0] = (uint32_t)(done - table);
    element[1] = written;
    ++*index;
}

static void view(struct ring *ring, uint32_t offset)
{
    ring_init(ring, nic.memory.at + offset, nic.layout.ring_capacity, FE_NO_HANDLE, 0);
}

// A stream as it begins, over a device that offers this.
static void begin(uint64_t offer, uint16_t mtu)
{
    offered = offer;
    memcpy(configuration + 10, &mtu, sizeof mtu);
    if (nic_open(&nic, FE_NO_HANDLE) != OK || nic_stream_open(&nic, FE_NO_HANDLE, 0) != OK) abort();
    view(&received, nic.layout.received);
    view(&receive_free, nic.layout.receive_free);
    view(&to_send, nic.layout.transmit);
    view(&transmit_free, nic.layout.transmit_free);
}

static uint8_t *frame_of(uint32_t buffer)
{
    return nic.memory.at + nic.layout.buffers + (size_t)buffer * nic.layout.buffer_size + HEADROOM;
}

// The device writes this before a frame, and says that it has written so much.
static struct ring_entry receive(const struct header *header, uint32_t written)
{
    struct ring_entry entry = {UINT32_MAX, UINT32_MAX};
    struct descriptor *buffer = take(&nic.receive);
    uint8_t *at = (void *)(uintptr_t)buffer->address;
    memcpy(at, header, HEADER);
    for (uint8_t i = 0; i < FRAME; i++) at[HEADER + i] = i;
    finish(&nic.receive, buffer, written);
    nic_pump(&nic);
    if (ring_take(&received, &entry) != OK) entry.buffer = UINT32_MAX;
    return entry;
}

// ------------------------------------------------------------------------------------------------

TEST("of what a device can do checksums are agreed on, and nothing that is about segments")
{
    begin(UINT64_MAX, 1500);
    EXPECT(agreed == (EVENT_INDEX | CSUM | GUEST_CSUM | MAC | STATUS | MTU));
    EXPECT(nic.layout.makes_checksums == 1);
    begin(MAC | GUEST_CSUM, 1500);
    EXPECT(agreed == (MAC | GUEST_CSUM) && nic.layout.makes_checksums == 0);
    begin(MAC, 1500);
    EXPECT(agreed == MAC && nic.layout.mtu == 1500 && nic.layout.makes_checksums == 0);
}

// What becomes of a frame with this header, over a device that offers this: what is said beside it.
// UINT32_MAX: it is not what the device wrote, or more than one comes.
static uint32_t told(uint64_t offer, const struct header *header)
{
    begin(offer, 1500);
    struct ring_entry entry = receive(header, HEADER + FRAME), more;
    if (entry.buffer >= nic.layout.receive_count) return UINT32_MAX;
    for (uint8_t at = 0; at < FRAME; at++)
        if (frame_of(entry.buffer)[at] != at) return UINT32_MAX;
    return ring_take(&received, &more) == ERR_AGAIN ? entry.size : UINT32_MAX;
}

enum : uint8_t { NEEDS_SUM = 1, DATA_VALID = 2, RSC_INFO = 4, TCPV4 = 1, ECN = 0x80 };

TEST("whatever a device says of a frame's segments, the frame is what it wrote, and as large")
{
    static const struct header headers[] = {
        {.flags = RSC_INFO, .sum_start = 9},
        {.gso_type = TCPV4, .gso_size = 0, .header_size = 54},
        {.gso_type = TCPV4 | ECN, .gso_size = UINT16_MAX, .header_size = UINT16_MAX},
        {.sum_start = 34, .sum_offset = 16},
        {.buffers = 0},
        {.buffers = UINT16_MAX},
        {UINT8_MAX & ~(NEEDS_SUM | DATA_VALID), UINT8_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX,
         UINT16_MAX, UINT16_MAX},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        EXPECT(told(UINT64_MAX, &headers[i]) == FRAME);
        EXPECT(told(MAC, &headers[i]) == FRAME);
    }
}

TEST("a device vouches for a frame when that was agreed on, by either flag")
{
    static const struct header headers[] = {
        {.flags = DATA_VALID},
        {.flags = DATA_VALID, .sum_start = UINT16_MAX, .sum_offset = UINT16_MAX}, // of no meaning
        {.flags = NEEDS_SUM, .sum_start = 34, .sum_offset = 16},
        {.flags = NEEDS_SUM | DATA_VALID, .sum_start = 34, .sum_offset = 6},
        {.flags = NEEDS_SUM, .sum_start = FRAME - 2},
        {.flags = NEEDS_SUM, .sum_offset = FRAME - 2},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        EXPECT(told(UINT64_MAX, &headers[i]) == (FRAME | ETHERNET_VOUCHED));
        EXPECT(told(UINT64_MAX & ~GUEST_CSUM, &headers[i]) == FRAME && nic.refused == 0);
    }
}

TEST("a frame whose checksum would have to be put outside of it is an empty one, and counted")
{
    static const struct header headers[] = {
        {.flags = NEEDS_SUM, .sum_start = FRAME},
        {.flags = NEEDS_SUM, .sum_start = FRAME - 1},
        {.flags = NEEDS_SUM, .sum_start = 34, .sum_offset = FRAME - 34 - 1},
        {.flags = NEEDS_SUM, .sum_offset = UINT16_MAX},
        {.flags = NEEDS_SUM, .sum_start = 2, .sum_offset = UINT16_MAX},
        {.flags = NEEDS_SUM | DATA_VALID, .sum_start = UINT16_MAX, .sum_offset = UINT16_MAX},
        {UINT8_MAX, UINT8_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        nic.refused = 0;
        EXPECT(told(UINT64_MAX, &headers[i]) == 0 && nic.refused == 1);
        EXPECT(told(UINT64_MAX & ~GUEST_CSUM, &headers[i]) == FRAME && nic.refused == 1);
    }
    static const struct header none = {.flags = NEEDS_SUM};
    begin(UINT64_MAX, 1500);
    EXPECT(receive(&none, HEADER + 1).size == 0); // not two bytes
    EXPECT(receive(&none, HEADER).size == 0);
}

TEST("a frame that would be larger or smaller than its buffer is an empty one")
{
    static const struct header none;
    uint32_t most = 2048 - HEADROOM;
    begin(UINT64_MAX, 1500);
    nic.received_frames = nic.refused = 0;
    for (uint32_t written = 0; written <= HEADER; written++)
        EXPECT(receive(&none, written).size == 0);
    EXPECT(receive(&none, HEADER + 1).size == 1);
    EXPECT(receive(&none, HEADER + most).size == most);
    EXPECT(receive(&none, HEADER + most + 1).size == 0);
    EXPECT(receive(&none, UINT32_MAX).size == 0);
    EXPECT(nic.received_frames == nic.receive.used && nic.refused == 0);
}

// A frame is sent with this said beside it; what the device gets before it. Its last field is wrong
// when the frame is not what the client wrote.
static struct header sent_header(uint64_t offer, uint32_t said)
{
    struct ring_entry entry;
    struct header header = {.buffers = UINT16_MAX};
    begin(offer, 1500);
    if (ring_take(&transmit_free, &entry) != OK) return header;
    memset(frame_of(entry.buffer) - HEADROOM, 0xff, HEADROOM + FRAME);
    if (ring_put(&to_send, (struct ring_entry){entry.buffer, said}) != OK) return header;
    nic_pump(&nic);
    const struct descriptor *sent = take(&nic.transmit);
    if (sent == nullptr || sent->size != HEADER + FRAME || sent->flags != 0) return header;
    const uint8_t *bytes = (const void *)(uintptr_t)sent->address;
    for (uint32_t i = 0; i < FRAME; i++)
        if (bytes[HEADER + i] != 0xff) return header;
    memcpy(&header, bytes, HEADER);
    return header;
}

static uint32_t ask(uint32_t start, uint32_t offset)
{
    return FRAME | start << ETHERNET_SUM_START | offset << ETHERNET_SUM_AT;
}

TEST("a frame that is sent asks the device for nothing, whatever the client wrote before it")
{
    static const struct header nothing;
    struct header header = sent_header(UINT64_MAX, FRAME);
    EXPECT(memcmp(&header, &nothing, HEADER) == 0);
}

TEST("the device makes the checksum that the client asks for, and none that is not in the frame")
{
    static const struct header nothing;
    static const uint8_t good[][2] = {{34, 16}, {54, 6}, {34, FRAME - 36}, {FRAME - 2, 0}, {1, 0}};
    static const uint8_t bad[][2] = {{34, FRAME - 35},       {FRAME - 1, 0}, {FRAME, 0},
                                     {UINT8_MAX, UINT8_MAX}, {0, 16},        {1, UINT8_MAX}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        nic.refused = 0;
        struct header header = sent_header(UINT64_MAX, ask(good[i][0], good[i][1]));
        struct header right = {
            .flags = NEEDS_SUM, .sum_start = good[i][0], .sum_offset = good[i][1]};
        EXPECT(memcmp(&header, &right, HEADER) == 0 && nic.refused == 0);
        header = sent_header(UINT64_MAX & ~CSUM, ask(good[i][0], good[i][1]));
        EXPECT(memcmp(&header, &nothing, HEADER) == 0 && nic.refused == 1);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nic.refused = 0;
        struct header header = sent_header(UINT64_MAX, ask(bad[i][0], bad[i][1]));
        EXPECT(memcmp(&header, &nothing, HEADER) == 0 && nic.refused == 1);
    }
}

TEST("a client that hands over what is not its own, or too much, gives the device nothing of it")
{
    struct ring_entry entry;
    uint32_t first, count = 0;
    begin(UINT64_MAX, 1500);
    first = nic.layout.receive_count;
    for (; ring_take(&transmit_free, &entry) == OK; count++) EXPECT(entry.buffer - first == count);
    EXPECT(count == nic.layout.transmit_count);
    const struct ring_entry bad[] = {
        {0, FRAME},          {first - 1, FRAME},  {first + count, FRAME},
        {UINT32_MAX, FRAME}, {first, UINT32_MAX}, {first, FRAME}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) EXPECT(ring_put(&to_send, bad[i]) == OK);
    nic.refused = 0;
    nic_pump(&nic);
    const struct descriptor *sent = take(&nic.transmit);
    EXPECT(sent != nullptr && sent->size <= 2048);
    EXPECT(take(&nic.transmit) == nullptr && nic.refused == 6); // and a checksum outside of it
    EXPECT(ring_put(&receive_free, (struct ring_entry){0, 0}) == OK); // the device has it
    nic_pump(&nic);
    EXPECT(nic.refused == 7);
}

TEST("frames are as large as the device says that its network carries, and no larger than "
     "Ethernet's")
{
    static const struct {
        uint16_t told, used;
    } cases[] = {{1400, 1400}, {1500, 1500}, {68, 68}, {9000, 1500}, {67, 1500}, {0, 1500}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(UINT64_MAX, cases[i].told);
        EXPECT(nic.layout.mtu == cases[i].used);
    }
    begin(UINT64_MAX & ~MTU, 1400);
    EXPECT(nic.layout.mtu == 1500);
}
