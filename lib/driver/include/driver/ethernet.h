// SPDX-License-Identifier: MIT
// What an Ethernet driver and the IP service agree on. The driver serves a folder:
//     address   the station's address, six hexadecimal bytes with colons
//     link      "up" or "down"; a read at the position of a reader waits for the next change
//     stats     counters, `name value` a line
//     stream    control ETHERNET_STREAM_OPEN makes the one stream of frames
//
// The stream is one memory object: four rings (lib/ring) and buffers. A buffer belongs to the side
// that holds its number. Receive buffers go round: driver -> received -> client -> receive_free ->
// driver; transmit buffers: client -> transmit -> driver -> transmit_free -> client. A frame begins
// `headroom` bytes into its buffer; the room before belongs to the driver. Buffers 0 ..
// receive_count-1 receive, the rest transmit. At the start every receive buffer is the driver's and
// every transmit buffer the client's.
#pragma once

#include <stdint.h>

enum : uint32_t { ETHERNET_STREAM_OPEN = 0x1000 }; // a control request (abi/9p.h)

// Request of ETHERNET_STREAM_OPEN; the handle with it is the client's event (right signal),
// signalled with `bits` when frames arrived or transmit buffers came back while the client slept.
struct ethernet_open {
    uint64_t bits;
};

// Reply; handles with it: the memory (read, write, map), the driver's doorbell event (right
// signal).
struct ethernet_stream {
    uint64_t memory_size;
    uint64_t doorbell_bits; // what the client signals
    uint32_t ring_capacity;
    uint32_t received, receive_free, transmit, transmit_free; // offsets of the rings
    uint32_t buffers;                                         // offset of buffer 0
    uint32_t buffer_size, headroom;
    uint32_t receive_count, transmit_count;
    uint32_t mtu;
    uint8_t address[6];
    uint8_t link_is_up;
    uint8_t makes_checksums; // when a frame to send asks for it
};

// The size in an entry of a ring: bytes of the frame, and what is said of its checksum.
//
// Received: the card vouches for the checksum of TCP or UDP. Its field may have anything.
//
// To send: where the sum begins, in bytes of the frame, and how many bytes behind that its field
// lies, which holds what is added to it (of TCP, the sum of the pseudo-header). Both 0: the frame
// is as it has to be on the wire. What lies outside of the frame is not asked for, and counted.
enum : uint32_t {
    ETHERNET_SIZE = 0xffff,
    ETHERNET_VOUCHED = 1u << 31,
    ETHERNET_SUM_START = 16, // the first bit of 8
    ETHERNET_SUM_AT = 24,
};
