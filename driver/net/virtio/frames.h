// SPDX-License-Identifier: MIT
// The path of frames between the device's queues and the client's rings.
#pragma once

#include <driver/ethernet.h>
#include <ring/ring.h>
#include <virtio/virtio.h>

enum : uint64_t { BIT_INTERRUPT = 1, BIT_DOORBELL = 2 };

struct nic {
    struct virtio_device device;
    struct virtqueue receive, transmit;
    struct virtio_memory memory; // rings and buffers; at == nullptr: no stream
    struct ethernet_stream layout;
    struct ring received, receive_free, to_send, transmit_free;
    bool *is_clients; // per buffer: the client holds it
    fe_handle client; // its doorbell
    uint8_t address[6];
    bool link_is_up;
    uint32_t link_changes;
    uint64_t received_frames, received_bytes, sent_frames, sent_bytes, refused;
};

// Finds the device and reads its address; the stream is opened later.
enum status nic_open(struct nic *nic, fe_handle event);

// (Re)starts the device with a fresh stream for the client who rings by `client` (taken over) and
// `bits`. The old client's memory is no longer touched.
enum status nic_stream_open(struct nic *nic, fe_handle client, uint64_t bits);

// Moves whatever can be moved, until both sides are asked to ring when there is more.
void nic_pump(struct nic *nic);

// After a configuration interrupt. True when the link changed.
bool nic_link_update(struct nic *nic);
