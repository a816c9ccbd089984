// SPDX-License-Identifier: MIT
// A pipe, as its server serves it: bytes, and who has an end open. The server tells its nodes of
// changes: what is written wakes readers, what is read wakes writers.
#pragma once

#include <9p/server.h>
#include <fifo/buffer.h>

struct fifo {
    struct buffer buffer;
    uint32_t readers, writers; // open ends
    uint32_t writers_ever;
};

// As p9_operations' read and write. Reading waits for bytes until the last writer is gone.
int64_t fifo_read(struct fifo *fifo, void *to, size_t count);
// Writing is an EPIPE without readers. Writes of up to 4096 bytes never mix with others; a longer
// one goes in by and by.
int64_t fifo_write(struct fifo *fifo, struct p9_request *request, const struct p9_open *open,
                   const void *from, size_t count);
uint32_t fifo_read_ready(const struct fifo *fifo);
uint32_t fifo_write_ready(const struct fifo *fifo);

// Of a fifo with a name, which is one node for both ends: opening one waits for the other, but with
// OPEN_NONBLOCK reading begins at once, and writing is an ENXIO without readers.
int fifo_open(struct fifo *fifo, struct p9_open *open);
void fifo_close(struct fifo *fifo, const struct p9_open *open);
uint32_t fifo_ready(const struct fifo *fifo, const struct p9_open *open);
