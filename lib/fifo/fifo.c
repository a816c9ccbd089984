// SPDX-License-Identifier: MIT
// Pipes: what reading and writing do when there is nothing, no room, or nobody at the other end.
#include <abi/errno.h>
#include <fifo/fifo.h>

enum : size_t { ATOMIC = 4096 }; // PIPE_BUF: writes up to here never mix with others

int64_t fifo_read(struct fifo *fifo, void *to, size_t count)
{
    if (count == 0) return 0;
    size_t got = buffer_read(&fifo->buffer, to, count);
    if (got == 0) return fifo->writers != 0 ? P9_LATER : 0;
    return (int64_t)got;
}

// `progress` is how much of it is in.
int64_t fifo_write(struct fifo *fifo, struct p9_request *request, const struct p9_open *open,
                   const void *from, size_t count)
{
    if (fifo->readers == 0) return request->progress != 0 ? (int64_t)request->progress : -EPIPE;
    size_t left = count - (size_t)request->progress;
    if (count <= ATOMIC && left > buffer_free(&fifo->buffer)) return P9_LATER;
    size_t took = buffer_write(&fifo->buffer, (const uint8_t *)from + request->progress, left);
    request->progress += took;
    if (request->progress == count) return (int64_t)count;
    if (took == 0 && buffer_free(&fifo->buffer) != 0) return -ENOMEM;
    if (open->flags & OPEN_NONBLOCK)
        return request->progress ? (int64_t)request->progress : -EAGAIN;
    return P9_LATER;
}

uint32_t fifo_read_ready(const struct fifo *fifo)
{
    uint32_t ready = fifo->buffer.size != 0 ? READY_READ : 0;
    return fifo->writers != 0 ? ready : ready | READY_HANGUP;
}

uint32_t fifo_write_ready(const struct fifo *fifo)
{
    if (fifo->readers == 0) return READY_ERROR;
    return buffer_free(&fifo->buffer) >= ATOMIC ? READY_WRITE : 0;
}

static void count(struct fifo *fifo, struct p9_open *open)
{
    open->state = (void *)(uintptr_t)fifo->writers_ever;
    if (p9_open_has(open, OPEN_READ)) fifo->readers++;
    if (p9_open_has(open, OPEN_WRITE)) {
        fifo->writers++;
        fifo->writers_ever++;
    }
    p9_node_changed(open->node);
}

// Whoever waits for the other end is let in by it: both are open then, however soon one closes.
int fifo_open(struct fifo *fifo, struct p9_open *open)
{
    uint32_t access = open->flags & OPEN_ACCESS;
    bool may_wait = (open->flags & OPEN_NONBLOCK) == 0;
    if (access == OPEN_READ && may_wait && fifo->writers == 0 &&
        !p9_open_waits(open->node, OPEN_WRITE))
        return P9_LATER;
    if (access == OPEN_WRITE && fifo->readers == 0 && !p9_open_waits(open->node, OPEN_READ))
        return may_wait ? P9_LATER : -ENXIO;
    count(fifo, open);
    return 0;
}

void fifo_close(struct fifo *fifo, const struct p9_open *open)
{
    if (p9_open_has(open, OPEN_READ)) fifo->readers--;
    if (p9_open_has(open, OPEN_WRITE)) fifo->writers--;
    if (fifo->readers == 0 && fifo->writers == 0) buffer_fini(&fifo->buffer);
    p9_node_changed(open->node);
}

// The end is told only of writers that came after the reader did.
uint32_t fifo_ready(const struct fifo *fifo, const struct p9_open *open)
{
    uint32_t ready = 0;
    if (p9_open_has(open, OPEN_READ)) {
        ready = fifo_read_ready(fifo);
        if ((uint32_t)(uintptr_t)open->state == fifo->writers_ever) ready &= ~READY_HANGUP;
    }
    return p9_open_has(open, OPEN_WRITE) ? ready | fifo_write_ready(fifo) : ready;
}
