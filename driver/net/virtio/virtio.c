// SPDX-License-Identifier: MIT
// Driver of virtio network cards (virtio 1.2, section 5.1). Serves what driver/ethernet.h
// describes; frames.c moves the frames. Everything happens in one thread, woken by requests, the
// device's interrupt and the client's doorbell. When the device breaks its rules the driver ends,
// and is started anew with a reset device.
#include "frames.h"

#include <9p/server.h>
#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct nic nic;
static struct p9_node *link_node;

static int address_text(struct p9_request *request, void *context, struct p9_text *text)
{
    const uint8_t *a = nic.address;
    p9_print(text, "%02x:%02x:%02x:%02x:%02x:%02x\n", a[0], a[1], a[2], a[3], a[4], a[5]);
    return 0;
}

static int stats_text(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "received-frames %llu\nreceived-bytes %llu\n",
             (unsigned long long)nic.received_frames, (unsigned long long)nic.received_bytes);
    p9_print(text, "sent-frames %llu\nsent-bytes %llu\nrefused %llu\n",
             (unsigned long long)nic.sent_frames, (unsigned long long)nic.sent_bytes,
             (unsigned long long)nic.refused);
    return 0;
}

// A reader gets the state at once, and after that once for each change.
static int64_t link_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    uintptr_t seen = (uintptr_t)open->state;
    if (seen == nic.link_changes + 1) return P9_LATER;
    open->state = (void *)(uintptr_t)(nic.link_changes + 1);
    const char *text = nic.link_is_up ? "up\n" : "down\n";
    size_t size = strlen(text);
    if (size > count) size = count;
    memcpy(to, text, size);
    return (int64_t)size;
}

static uint32_t link_ready(struct p9_open *open)
{
    return (uintptr_t)open->state == nic.link_changes + 1 ? 0 : POLLIN;
}

static const struct p9_operations link_operations = {.read = link_read, .ready = link_ready};

static int stream_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    if (control != ETHERNET_STREAM_OPEN) return -ENOTTY;
    struct ethernet_open wish;
    if (request->size != sizeof(wish)) return -EINVAL;
    memcpy(&wish, request->data, sizeof(wish));
    fe_handle client = p9_take_handle(request, 0);
    if (client == FE_NO_HANDLE) return -EINVAL;
    int error = -fe_status_errno(nic_stream_open(&nic, client, wish.bits));
    if (error != 0) return error;

    uint32_t rights =
        RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_MEMORY_READ | RIGHT_MEMORY_WRITE | RIGHT_MEMORY_MAP;
    FE_HANDLE memory = FE_NO_HANDLE, doorbell = FE_NO_HANDLE;
    if (fe_handle_duplicate(nic.memory.memory, rights, &memory) != OK) return -ENOMEM;
    rights = RIGHT_TRANSFER | RIGHT_EVENT_SIGNAL;
    if (fe_handle_duplicate(request->server->event, rights, &doorbell) != OK) return -ENOMEM;
    error = p9_answer(request, &nic.layout, sizeof(nic.layout));
    if (error == 0) error = p9_answer_handle(request, fe_handle_take(&memory));
    if (error == 0) error = p9_answer_handle(request, fe_handle_take(&doorbell));
    return error;
}

static const struct p9_operations stream_operations = {.control = stream_control};

static const struct p9_tree_entry files[] = {
    {.path = "address", .mode = 0444, .text = address_text},
    {.path = "stats", .mode = 0444, .text = stats_text},
    {.path = "stream", .mode = 0600, .operations = &stream_operations},
};

static void signalled(struct p9_server *server, uint64_t bits)
{
    if ((bits & BIT_INTERRUPT) != 0) {
        uint32_t causes = virtio_interrupt_take(&nic.device);
        if ((causes & VIRTIO_INTERRUPT_CONFIG) != 0 && nic_link_update(&nic))
            p9_node_changed(link_node);
    }
    nic_pump(&nic);
    if (nic.receive.broken || nic.transmit.broken) {
        fe_log("the device broke its rules");
        fe_exit(1);
    }
}

int main(void)
{
    static struct p9_server server = {.name = "virtio-net", .signalled = signalled};
    static const struct p9_tree_entry link = {
        .path = "link", .mode = 0444, .operations = &link_operations};
    int error = p9_tree_create(files, sizeof(files) / sizeof(files[0]), &server.root);
    if (error == 0) error = p9_tree_add(server.root, &link, &link_node);
    if (error != 0) return 1;
    enum status status = p9_server_init(&server);
    if (status == OK) status = nic_open(&nic, server.event);
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status == OK) p9_serve(&server);
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
