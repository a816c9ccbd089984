// SPDX-License-Identifier: MIT
// Fifos of a server of files: found by their node, and there only while somebody has them open.
#include <abi/errno.h>
#include <ferrite/libc.h>
#include <fifo/named.h>

struct named {
    struct named *next;
    const struct p9_node *node;
    struct fifo fifo;
};

static struct named *open_ones;

static struct named **find(const struct p9_node *node)
{
    struct named **at = &open_ones;
    while (*at != nullptr && (*at)->node != node) at = &(*at)->next;
    return at;
}

static void forget_if_unused(const struct p9_node *node)
{
    struct named **at = find(node), *named = *at;
    if (named->fifo.readers != 0 || named->fifo.writers != 0) return;
    *at = named->next;
    free(named);
}

int fifo_named_open(struct p9_request *request, struct p9_open *open)
{
    struct named **at = find(open->node);
    if (*at == nullptr) *at = calloc(1, sizeof **at);
    if (*at == nullptr) return -ENOMEM;
    struct named *named = *at;
    named->node = open->node;
    int result = fifo_open(&named->fifo, open);
    if (result != 0) forget_if_unused(open->node);
    return result;
}

// Who has it open to name it alone (OPEN_PATH) has not opened anything here.
void fifo_named_close(struct p9_open *open)
{
    if ((open->flags & OPEN_ACCESS) == OPEN_PATH) return;
    fifo_close(&(*find(open->node))->fifo, open);
    forget_if_unused(open->node);
}

int64_t fifo_named_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                        size_t count)
{
    int64_t got = fifo_read(&(*find(open->node))->fifo, to, count);
    if (got > 0) p9_node_changed(open->node);
    return got;
}

int64_t fifo_named_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         const void *from, size_t count)
{
    uint64_t before = request->progress;
    int64_t result = fifo_write(&(*find(open->node))->fifo, request, open, from, count);
    if (request->progress != before) p9_node_changed(open->node);
    return result;
}

uint32_t fifo_named_ready(struct p9_open *open)
{
    const struct named *named = *find(open->node);
    return named == nullptr ? 0 : fifo_ready(&named->fifo, open);
}

int fifo_named_control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    if (what != CONTROL_AVAILABLE) return -ENOTTY;
    const struct named *named = *find(open->node);
    request->value = named == nullptr ? 0 : named->fifo.buffer.size;
    return 0;
}
