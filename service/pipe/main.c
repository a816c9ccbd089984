// SPDX-License-Identifier: MIT
// Pipes. The root's only request makes one: two open files, of which one takes bytes and the other
// gives them. A pipe lives as long as one of its ends is open; nobody can open it by a name.
#include "buffer.h"
#include <9p/server.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum : size_t { ATOMIC = 4096 }; // PIPE_BUF: writes up to here never mix with others

struct pipe;
struct end {
    struct p9_node node; // first
    struct pipe *pipe;
    bool is_open;
};

struct pipe {
    struct end reader, writer;
    struct buffer buffer;
    uint32_t ends; // whose nodes are still referred to
};

static struct p9_server server;

static struct pipe *pipe_of(const struct p9_open *open)
{
    return ((struct end *)open->node)->pipe;
}

// Reading waits for bytes until the last writer is gone.
static int64_t pipe_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    struct pipe *pipe = pipe_of(open);
    if (open->node != &pipe->reader.node) return -EBADF;
    if (count == 0) return 0;
    size_t got = buffer_read(&pipe->buffer, to, count);
    if (got == 0) return pipe->writer.is_open ? P9_LATER : 0;
    p9_node_changed(&pipe->writer.node);
    return (int64_t)got;
}

// A long write goes in by and by; `progress` is how much of it is in.
static int64_t pipe_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    struct pipe *pipe = pipe_of(open);
    if (open->node != &pipe->writer.node) return -EBADF;
    if (!pipe->reader.is_open) return request->progress != 0 ? (int64_t)request->progress : -EPIPE;
    size_t left = count - request->progress;
    if (count <= ATOMIC && left > buffer_free(&pipe->buffer)) return P9_LATER;
    size_t took = buffer_write(&pipe->buffer, (const uint8_t *)from + request->progress, left);
    if (took != 0) p9_node_changed(&pipe->reader.node);
    request->progress += took;
    if (request->progress == count) return (int64_t)count;
    if (took == 0 && buffer_free(&pipe->buffer) != 0) return -ENOMEM;
    if (open->flags & OPEN_NONBLOCK)
        return request->progress ? (int64_t)request->progress : -EAGAIN;
    return P9_LATER;
}

static uint32_t pipe_ready(struct p9_open *open)
{
    struct pipe *pipe = pipe_of(open);
    if (open->node == &pipe->reader.node) {
        uint32_t ready = pipe->buffer.size != 0 ? POLLIN : 0;
        return pipe->writer.is_open ? ready : ready | POLLHUP;
    }
    if (!pipe->reader.is_open) return POLLERR;
    return buffer_free(&pipe->buffer) >= ATOMIC ? POLLOUT : 0;
}

static int pipe_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    if (control != CONTROL_AVAILABLE) return -ENOTTY;
    request->value = pipe_of(open)->buffer.size;
    return 0;
}

static void pipe_close(struct p9_open *open)
{
    struct pipe *pipe = pipe_of(open);
    struct end *end = (struct end *)open->node;
    end->is_open = false;
    p9_node_changed(end == &pipe->reader ? &pipe->writer.node : &pipe->reader.node);
}

static void pipe_release(struct p9_node *node)
{
    struct pipe *pipe = ((struct end *)node)->pipe;
    if (--pipe->ends != 0) return;
    buffer_fini(&pipe->buffer);
    free(pipe);
}

static const struct p9_operations pipe_operations = {
    .read = pipe_read,
    .write = pipe_write,
    .ready = pipe_ready,
    .control = pipe_control,
    .close = pipe_close,
    .release = pipe_release,
};

static void end_init(struct end *end, struct pipe *pipe, const struct p9_request *request)
{
    end->pipe = pipe;
    end->is_open = true;
    end->node = (struct p9_node){.operations = &pipe_operations,
                                 .server = &server,
                                 .references = 1,
                                 .mode = S_IFIFO | 0600,
                                 .uid = request->identity->uid,
                                 .gid = request->identity->gid,
                                 .links = 1,
                                 .path = p9_path_new()};
}

static int make_pipe(struct p9_request *request)
{
    uint32_t fids[2];
    if (request->size != sizeof fids) return -EINVAL;
    memcpy(fids, request->data, sizeof fids);
    struct pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == nullptr) return -ENOMEM;
    pipe->ends = 2;
    end_init(&pipe->reader, pipe, request);
    end_init(&pipe->writer, pipe, request);
    int error = p9_fid_install(request, fids[0], &pipe->reader.node, OPEN_READ);
    if (error == 0) error = p9_fid_install(request, fids[1], &pipe->writer.node, OPEN_WRITE);
    p9_node_put(&pipe->reader.node);
    p9_node_put(&pipe->writer.node);
    return error;
}

static int root_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    return control == CONTROL_PIPE ? make_pipe(request) : -ENOTTY;
}

static const struct p9_operations root_operations = {.control = root_control};
static struct p9_node root = {
    .operations = &root_operations, .references = 1, .mode = S_IFDIR | 0755, .links = 1, .path = 1};

int main(void)
{
    server = (struct p9_server){.name = "pipe", .root = &root};
    if (p9_server_init(&server) != OK) return 1;
    if (p9_server_ready(&server, "", nullptr) != OK) return 1;
    p9_serve(&server);
}
