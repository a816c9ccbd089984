// SPDX-License-Identifier: MIT
// Driver of virtio entropy sources (virtio 1.2, section 5.4). Serves `data`: what the device gives,
// unmixed, for those who feed generators from it; programs read /dev/random. One request at a time
// is with the device.
#include <9p/server.h>
#include <9p/tree.h>
#include <errno.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <string.h>
#include <virtio/virtio.h>

enum : uint64_t { BIT_INTERRUPT = 1 };
enum : uint32_t { BUFFER_SIZE = 256 };

static struct virtio_device device;
static struct virtqueue queue;
static struct virtio_memory memory;
static struct p9_request *reader; // whose request is with the device
static size_t wanted;
static struct p9_node *data_node;

static int64_t data_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    if (count == 0) return 0;
    if (reader != nullptr) return P9_LATER;
    wanted = count < BUFFER_SIZE ? count : BUFFER_SIZE;
    struct virtio_buffer buffer = {
        .address = memory.physical,
        .size = (uint32_t)wanted,
        .device_writes = true,
    };
    if (virtqueue_add(&queue, &buffer, 1, memory.at) != OK) return -EIO;
    reader = p9_keep(request);
    virtqueue_kick(&queue);
    return P9_KEPT;
}

static void answer(uint32_t written)
{
    if (written > wanted) written = (uint32_t)wanted;
    p9_finish(reader, written == 0 ? -EIO : (int64_t)written, memory.at, written);
    memset(memory.at, 0, BUFFER_SIZE); // nobody else is to see it
    reader = nullptr;
}

static void signalled(struct p9_server *server, uint64_t bits)
{
    uint32_t written;
    (void)virtio_interrupt_take(&device);
    do {
        while (virtqueue_take(&queue, &written) != nullptr) answer(written);
    } while (!queue.broken && !virtqueue_sleep(&queue));
    p9_node_changed(data_node);
    if (!queue.broken) return;
    fe_log("the device broke its rules");
    fe_exit(1);
}

static enum status device_start(fe_handle event)
{
    TRY(virtio_open(&device));
    TRY(virtio_reset(&device, 0, VIRTIO_EVENT_INDEX));
    TRY(virtio_interrupt_bind(&device, event, BIT_INTERRUPT));
    TRY(virtio_queue_create(&device, 0, 8, &queue));
    TRY(virtio_memory_create(&device, BUFFER_SIZE, &memory));
    virtio_start(&device);
    (void)virtqueue_sleep(&queue);
    return OK;
}

int main(void)
{
    static struct p9_server server = {.name = "virtio-random", .signalled = signalled};
    static const struct p9_operations operations = {.read = data_read};
    static const struct p9_tree_entry data = {
        .path = "data", .mode = 0400, .operations = &operations};
    if (p9_tree_create(nullptr, 0, &server.root) != 0) return 1;
    if (p9_tree_add(server.root, &data, &data_node) != 0) return 1;
    enum status status = p9_server_init(&server);
    if (status == OK) status = device_start(server.event);
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status == OK) p9_serve(&server);
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
