// SPDX-License-Identifier: MIT
// Fifos: pipes with a name. What is in one goes when nobody has it open.
#include "ramfs.h"

#include <abi/errno.h>

static struct fifo *fifo_of(const struct p9_open *open)
{
    return ((struct node *)open->node)->fifo;
}

static int open_it(struct p9_request *request, struct p9_open *open)
{
    return fifo_open(fifo_of(open), open);
}

static void close_it(struct p9_open *open)
{
    fifo_close(fifo_of(open), open);
}

static int64_t read_it(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                       size_t count)
{
    int64_t got = fifo_read(fifo_of(open), to, count);
    if (got > 0) p9_node_changed(open->node);
    return got;
}

static int64_t write_it(struct p9_request *request, struct p9_open *open, uint64_t offset,
                        const void *from, size_t count)
{
    uint64_t before = request->progress;
    int64_t result = fifo_write(fifo_of(open), request, open, from, count);
    if (request->progress != before) p9_node_changed(open->node);
    return result;
}

static uint32_t ready(struct p9_open *open)
{
    return fifo_ready(fifo_of(open), open);
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    if (what != CONTROL_AVAILABLE) return -ENOTTY;
    request->value = fifo_of(open)->buffer.size;
    return 0;
}

const struct p9_operations fifo_operations = {.link = folder_link,
                                              .open = open_it,
                                              .close = close_it,
                                              .read = read_it,
                                              .write = write_it,
                                              .ready = ready,
                                              .control = control,
                                              .release = node_release};
