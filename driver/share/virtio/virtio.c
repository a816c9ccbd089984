// SPDX-License-Identifier: MIT
// Driver of virtio devices that speak 9P2000.L: a folder of the host is the folder /dev/host<n>.
// The device is a transport for lib/9import: a request and the room for its reply are a chain of
// two buffers in queue 0. The server behind it acts as one user of the host, so users are kept
// apart here.
#include <9import/import.h>
#include <9p/server.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/lock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <pthread.h>
#include <string.h>
#include <virtio/virtio.h>

enum : uint64_t { BIT_INTERRUPT = 1 };
enum : uint32_t {
    MESSAGE_MOST = 32 * 1024, // a request, or a reply
    SLOT_SIZE = 2 * MESSAGE_MOST,
    SLOTS = 8,
    BUFFERS_PER_REQUEST = 2,
};

// A request with the device.
struct slot {
    struct slot *next;
    uint8_t *at;
    uint64_t physical;
    const struct import_exchange *exchange;
};

static struct fe_lock lock; // of the queue and the slots
static struct fe_condition freed;
static struct virtio_device device;
static struct virtqueue queue;
static struct virtio_memory memory;
static struct slot slots[SLOTS], *free_slots;
static fe_handle event;

// Requests come and are answered as long as the device is there.
static int transport_open(struct import *import)
{
    return 0;
}

// With the lock.
static int submit(struct slot *slot, const struct import_exchange *exchange)
{
    memcpy(slot->at, exchange->frame, exchange->size);
    memset(slot->at + MESSAGE_MOST, 0, WIRE_HEADER);
    slot->exchange = exchange;
    struct virtio_buffer buffers[BUFFERS_PER_REQUEST] = {
        {.address = slot->physical, .size = (uint32_t)exchange->size},
        {.address = slot->physical + MESSAGE_MOST, .size = MESSAGE_MOST, .device_writes = true},
    };
    if (virtqueue_add(&queue, buffers, BUFFERS_PER_REQUEST, slot) != OK) return -EIO;
    virtqueue_kick(&queue);
    return 0;
}

static int transport_send(struct import *import, const struct import_exchange *exchange)
{
    if (exchange->size > MESSAGE_MOST) return -EMSGSIZE;
    fe_lock_take(&lock);
    while (free_slots == nullptr) (void)fe_condition_wait(&freed, &lock, FE_UNINTERRUPTED);
    struct slot *slot = free_slots;
    free_slots = slot->next;
    int result = submit(slot, exchange);
    if (result != 0) {
        slot->next = free_slots;
        free_slots = slot;
    }
    fe_lock_release(&lock);
    return result;
}

// What the device wrote is looked at once, in our own memory.
static void deliver(struct import *import, const struct slot *slot, uint32_t written)
{
    uint8_t header[WIRE_HEADER];
    memcpy(header, slot->at + MESSAGE_MOST, sizeof header);
    uint32_t size = wire_size(header);
    struct import_exchange *exchange = import_expect(import, header);
    if (exchange == nullptr || exchange != slot->exchange) return; // was flushed
    if (size < WIRE_HEADER || size > written || size > MESSAGE_MOST) {
        import_answer(import, exchange, -EPROTO);
        return;
    }
    memcpy(exchange->reply, header, sizeof header);
    memcpy(exchange->reply + WIRE_HEADER, slot->at + MESSAGE_MOST + WIRE_HEADER,
           size - WIRE_HEADER);
    import_answer(import, exchange, size);
}

static struct slot *take(uint32_t *written)
{
    fe_lock_take(&lock);
    struct slot *slot;
    do {
        slot = virtqueue_take(&queue, written);
    } while (slot == nullptr && !queue.broken && !virtqueue_sleep(&queue));
    fe_lock_release(&lock);
    return slot;
}

static void give(struct slot *slot)
{
    fe_lock_take(&lock);
    slot->next = free_slots;
    free_slots = slot;
    fe_condition_signal(&freed, &lock);
    fe_lock_release(&lock);
}

static void *take_replies(void *argument)
{
    struct import *import = argument;
    uint64_t bits;
    for (;;) {
        if (fe_event_wait(event, BIT_INTERRUPT, FE_FOREVER, &bits) != OK) continue;
        (void)virtio_interrupt_take(&device);
        struct slot *slot;
        uint32_t written;
        while ((slot = take(&written)) != nullptr) {
            deliver(import, slot, written);
            give(slot);
        }
        if (!queue.broken) continue;
        fe_log("the device broke its rules");
        fe_exit(1);
    }
}

static enum status device_start(void)
{
    TRY(fe_event_create(&event));
    TRY(virtio_open(&device));
    TRY(virtio_reset(&device, 0, VIRTIO_EVENT_INDEX));
    TRY(virtio_interrupt_bind(&device, event, BIT_INTERRUPT));
    TRY(virtio_queue_create(&device, 0, SLOTS * BUFFERS_PER_REQUEST, &queue));
    TRY(virtio_memory_create(&device, (size_t)SLOTS * SLOT_SIZE, &memory));
    for (uint32_t i = 0; i < SLOTS; i++) {
        slots[i].at = memory.at + (size_t)i * SLOT_SIZE;
        slots[i].physical = memory.physical + (uint64_t)i * SLOT_SIZE;
        slots[i].next = free_slots;
        free_slots = &slots[i];
    }
    virtio_start(&device);
    (void)virtqueue_sleep(&queue);
    return OK;
}

static int fail(const char *what)
{
    fe_log("cannot start: %s", what);
    return 1;
}

int main(void)
{
    static const struct import_transport transport = {
        .open = transport_open, .send = transport_send, .message_most = MESSAGE_MOST};
    static struct import import = {
        .transport = &transport, .user = "ferrite", .tree = "", .is_one_user = true};
    pthread_t thread;
    fe_handle connector;
    enum status status = device_start();
    if (status != OK) return fail(fe_status_text(status));
    if (pthread_create(&thread, nullptr, take_replies, &import) != 0) return fail("no thread");
    int result = import_open(&import, 0, 0, &connector);
    if (result != 0) return fail(strerror(-result));
    status = p9_ready("", connector);
    if (status != OK) return fail(fe_status_text(status));
    import_serve(&import);
}
