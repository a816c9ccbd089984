// SPDX-License-Identifier: MIT
// Pipes and local sockets (socket.c). A request to the root makes a pipe: two open files, of which
// one takes bytes and the other gives them. A pipe lives as long as one of its ends is open; nobody
// can open it by a name.
#include "socket.h"
#include <errno.h>
#include <fifo/fifo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct pipe;
struct end {
    struct p9_node node; // first
    struct pipe *pipe;
};

struct pipe {
    struct end reader, writer;
    struct fifo fifo;
    uint32_t ends; // whose nodes are still referred to
};

static struct p9_server server;

static struct pipe *pipe_of(const struct p9_open *open)
{
    return ((struct end *)open->node)->pipe;
}

static int64_t pipe_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    struct pipe *pipe = pipe_of(open);
    if (open->node != &pipe->reader.node) return -EBADF;
    int64_t got = fifo_read(&pipe->fifo, to, count);
    if (got > 0) p9_node_changed(&pipe->writer.node);
    return got;
}

static int64_t pipe_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    struct pipe *pipe = pipe_of(open);
    if (open->node != &pipe->writer.node) return -EBADF;
    uint64_t before = request->progress;
    int64_t result = fifo_write(&pipe->fifo, request, open, from, count);
    if (request->progress != before) p9_node_changed(&pipe->reader.node);
    return result;
}

static uint32_t pipe_ready(struct p9_open *open)
{
    struct pipe *pipe = pipe_of(open);
    bool is_reader = open->node == &pipe->reader.node;
    return is_reader ? fifo_read_ready(&pipe->fifo) : fifo_write_ready(&pipe->fifo);
}

static int pipe_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    if (control != CONTROL_AVAILABLE) return -ENOTTY;
    request->value = pipe_of(open)->fifo.buffer.size;
    return 0;
}

static void pipe_close(struct p9_open *open)
{
    struct pipe *pipe = pipe_of(open);
    bool is_reader = open->node == &pipe->reader.node;
    (*(is_reader ? &pipe->fifo.readers : &pipe->fifo.writers))--;
    p9_node_changed(is_reader ? &pipe->writer.node : &pipe->reader.node);
}

static void pipe_release(struct p9_node *node)
{
    struct pipe *pipe = ((struct end *)node)->pipe;
    if (--pipe->ends != 0) return;
    buffer_fini(&pipe->fifo.buffer);
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
    struct fe_pair_wish wish;
    if (request->size != sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    uint32_t flags = wish.flags & OPEN_NONBLOCK;
    struct pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == nullptr) return -ENOMEM;
    pipe->ends = 2;
    pipe->fifo.readers = pipe->fifo.writers = 1;
    end_init(&pipe->reader, pipe, request);
    end_init(&pipe->writer, pipe, request);
    int error = p9_fid_install(request, wish.fid[0], &pipe->reader.node, OPEN_READ | flags);
    if (error == 0)
        error = p9_fid_install(request, wish.fid[1], &pipe->writer.node, OPEN_WRITE | flags);
    p9_node_put(&pipe->reader.node);
    p9_node_put(&pipe->writer.node);
    return error;
}

static int root_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    switch (control) {
    case CONTROL_PIPE: return make_pipe(request);
    case CONTROL_SOCKET_PAIR: return socket_make_pair(request);
    case CONTROL_SOCKET_MAKE: return socket_make(request);
    case CONTROL_SOCKET_FIND: return token_find(request);
    default: return -ENOTTY;
    }
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
