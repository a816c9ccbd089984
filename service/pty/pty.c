// SPDX-License-Identifier: MIT
// One pty: the slave is a terminal file (lib/terminal). The master reads what the slave's output
// is and writes what is typed. When the master is closed the slave is hung up for good; while no
// slave is open any more the master's reads end with EIO.
#include "pty.h"

#include <abi/errno.h>
#include <ferrite/entropy.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>

enum : uint32_t { MAJOR = 136, MINOR_LOW = 0xff };

struct pty *ptys;

// As the C library's makedev() has it.
static uint32_t device_of(uint32_t number)
{
    return MAJOR << 8 | (number & MINOR_LOW) | (number & ~MINOR_LOW) << 12;
}

static bool has_ended(const struct pty *pty)
{
    return pty->was_opened && pty->slaves == 0;
}

// --- The master ---

static size_t output_take(struct pty *pty, uint8_t *to, size_t count)
{
    struct terminal_ring *ring = &pty->slave.terminal.output;
    size_t size = 0;
    if (pty->slave.terminal.is_stopped) return 0;
    while (size < count && ring->taken != ring->put) {
        to[size++] = ring->bytes[ring->taken++ % TERMINAL_RING];
    }
    return size;
}

static int64_t master_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    struct pty *pty = pty_of_master(open->node);
    if (count == 0) return 0;
    size_t size = output_take(pty, to, count);
    if (size == 0) return has_ended(pty) ? -EIO : P9_LATER;
    p9_node_changed(&pty->slave.node);
    return (int64_t)size;
}

// A long write goes in by and by; `progress` is how much of it is in.
static int64_t master_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            const void *from, size_t count)
{
    struct pty *pty = pty_of_master(open->node);
    if (has_ended(pty)) return request->progress ? (int64_t)request->progress : -EIO;
    request->progress += terminal_file_input(&pty->slave, (const uint8_t *)from + request->progress,
                                             count - request->progress);
    if (request->progress == count) return (int64_t)count;
    if ((open->flags & OPEN_NONBLOCK) == 0) return P9_LATER;
    return request->progress ? (int64_t)request->progress : -EAGAIN;
}

static uint32_t master_ready(struct p9_open *open)
{
    const struct pty *pty = pty_of_master(open->node);
    const struct terminal *terminal = &pty->slave.terminal;
    uint32_t ready = terminal_output_used(terminal) > 0 && !terminal->is_stopped ? READY_READ : 0;
    if (has_ended(pty)) return ready | READY_HANGUP;
    return terminal_takes(terminal, 0) ? ready | READY_WRITE : ready;
}

static int lock_set(struct pty *pty, const struct p9_request *request)
{
    uint32_t is_locked;
    if (request->size < sizeof is_locked) return -EINVAL;
    memcpy(&is_locked, request->data, sizeof is_locked);
    pty->is_locked = is_locked != 0;
    return 0;
}

// What the slave understands, the master does for it.
static int master_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    struct pty *pty = pty_of_master(open->node);
    switch (control) {
    case CONTROL_PTY_NUMBER: request->value = pty->number; return 0;
    case CONTROL_PTY_LOCK: return lock_set(pty, request);
    case CONTROL_AVAILABLE: request->value = terminal_output_used(&pty->slave.terminal); return 0;
    case CONTROL_SESSION_SET:
    case CONTROL_TERMINAL_NUMBER:
    case CONTROL_TERMINAL_NAME: return -ENOTTY;
    default: return terminal_control(&pty->slave, request, control);
    }
}

static bool is_path(const struct p9_open *open)
{
    return (open->flags & OPEN_ACCESS) == OPEN_PATH;
}

// Again: the first open was that of /dev/ptmx.
static int master_open(struct p9_request *request, struct p9_open *open)
{
    struct pty *pty = pty_of_master(open->node);
    if (pty->masters == 0) return -EIO;
    pty->masters++;
    return 0;
}

static void master_close(struct p9_open *open)
{
    struct pty *pty = pty_of_master(open->node), **at = &ptys;
    if (is_path(open) || --pty->masters != 0) return;
    while (*at != pty) at = &(*at)->next;
    *at = pty->next;
    terminal_file_hang_up(&pty->slave);
    p9_node_put(&pty->slave.node);
}

// --- The slave ---

static int slave_open(struct p9_request *request, struct p9_open *open)
{
    struct pty *pty = (struct pty *)open->node;
    if (pty->is_locked || pty->slave.is_hung_up) return -EIO;
    pty->slaves++;
    pty->was_opened = true;
    return 0;
}

static void slave_close(struct p9_open *open)
{
    struct pty *pty = (struct pty *)open->node;
    if (!is_path(open) && --pty->slaves == 0) p9_node_changed(&pty->master);
}

static const char *slave_name(const struct terminal_file *file)
{
    return ((const struct pty *)file)->name;
}

static void master_changed(struct terminal_file *file)
{
    struct pty *pty = (struct pty *)file;
    if (!file->is_hung_up) p9_node_changed(&pty->master);
}

// --- Both ---

static void release(struct pty *pty)
{
    if (--pty->nodes != 0) return;
    terminal_file_fini(&pty->slave);
    free(pty);
}

static void master_release(struct p9_node *node)
{
    release(pty_of_master(node));
}

static void slave_release(struct p9_node *node)
{
    release((struct pty *)node);
}

static const struct p9_operations master_operations = {.open = master_open,
                                                       .read = master_read,
                                                       .write = master_write,
                                                       .ready = master_ready,
                                                       .control = master_control,
                                                       .close = master_close,
                                                       .release = master_release};

static const struct p9_operations slave_operations = {.open = slave_open,
                                                      .close = slave_close,
                                                      .read = terminal_file_read,
                                                      .write = terminal_file_write,
                                                      .ready = terminal_file_ready,
                                                      .control = terminal_file_control,
                                                      .release = slave_release};

static const struct terminal_behind behind = {
    .name = slave_name, .flush = master_changed, .freed = master_changed};

static void link_by_number(struct pty *pty)
{
    struct pty **at = &ptys;
    while (*at && (*at)->number == pty->number) {
        pty->number++;
        at = &(*at)->next;
    }
    pty->next = *at;
    *at = pty;
}

// The version is another in each life of the service: nobody takes a pty for an earlier one.
struct pty *pty_create(const struct p9_request *request)
{
    static uint32_t version;
    if (version == 0) (void)fe_entropy(&version, sizeof version);
    struct pty *pty = calloc(1, sizeof *pty);
    if (pty == nullptr) return nullptr;
    link_by_number(pty);
    pty->nodes = 2;
    pty->masters = 1;
    pty->is_locked = true;
    fe_format(pty->name, sizeof pty->name, "/dev/pts/%u", pty->number);
    pty->slave.node = (struct p9_node){.operations = &slave_operations,
                                       .mode = MODE_CHARACTER | 0600,
                                       .uid = request->identity->uid,
                                       .gid = request->identity->gid,
                                       .version = version | 1,
                                       .device = device_of(pty->number)};
    pty->master = pty->slave.node;
    pty->master.operations = &master_operations;
    pty->master.references = pty->master.links = 1;
    pty->master.path = p9_path_new();
    pty->master.device = 0x502;
    terminal_file_init(&pty->slave, &behind);
    return pty;
}
