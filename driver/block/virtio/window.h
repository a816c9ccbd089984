// SPDX-License-Identifier: MIT
// DMA memory that clients share with the driver: the device reads and writes it directly, so that
// no byte of a transfer is copied. Each piece belongs to the open file that asked for it, and stays
// until that is closed and the device is done with it.
#pragma once

#include "disk.h"

struct window {
    struct window *next; // of the same open file
    fe_handle memory;
    uint64_t number; // of the kernel's object: another driver's never has the same
    uint64_t physical, size;
    uint32_t users; // the open file, and each request on its way
};

// `open->state` is the list. Answers the request with the memory: 0, or a negative errno.
int window_create(struct disk *disk, struct p9_request *request, struct p9_open *open);
// -ENXIO: there is none with this number.
int window_forget(struct p9_open *open, uint64_t number);
void window_close(struct p9_open *open); // all of them
// The window that has all of the transfer, with a reference; nullptr: there is none.
struct window *window_find(struct p9_open *open, const struct p9_transfer *transfer);
void window_put(struct window *window);
