// SPDX-License-Identifier: MIT
// The serial port's file. Input that nobody reads is kept up to the ring's size; what comes then is
// lost, and counted.
#include <serial/serial.h>

#include <9p/server.h>
#include <abi/errno.h>
#include <abi/saving.h>
#include <abi/syscalls.h>
#include <ferrite/log.h>
#include <ferrite/start.h>

enum : uint32_t { RING_SIZE = 8192 / FE_SAVING }; // a power of two
enum : uint64_t { BIT_INTERRUPT = 1 };

struct ring {
    uint8_t bytes[RING_SIZE];
    uint32_t put, taken; // count up, taken follows
};

static struct ring input, output;
static const struct serial_chip *chip;
static fe_handle interrupt;
static uint64_t lost;

static uint32_t ring_used(const struct ring *ring)
{
    return ring->put - ring->taken;
}

static void input_fill(void)
{
    uint8_t byte;
    while (chip->receive(&byte)) {
        if (ring_used(&input) == RING_SIZE) {
            lost++;
        } else {
            input.bytes[input.put++ % RING_SIZE] = byte;
        }
    }
}

static void output_drain(void)
{
    while (ring_used(&output) > 0 && chip->send(output.bytes[output.taken % RING_SIZE])) {
        output.taken++;
    }
    chip->wants_room(ring_used(&output) > 0);
}

static int64_t serial_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    uint8_t *bytes = to;
    size_t size = 0;
    if (count > 0 && ring_used(&input) == 0) return P9_LATER;
    while (size < count && ring_used(&input) > 0)
        bytes[size++] = input.bytes[input.taken++ % RING_SIZE];
    return (int64_t)size;
}

static int64_t serial_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            const void *from, size_t count)
{
    const uint8_t *bytes = from;
    size_t size = 0;
    if (count > 0 && ring_used(&output) == RING_SIZE) return P9_LATER;
    while (size < count && ring_used(&output) < RING_SIZE) {
        output.bytes[output.put++ % RING_SIZE] = bytes[size++];
    }
    output_drain();
    return (int64_t)size;
}

static uint32_t serial_ready(struct p9_open *open)
{
    return (ring_used(&input) > 0 ? READY_READ : 0) |
           (ring_used(&output) < RING_SIZE ? READY_WRITE : 0);
}

static int serial_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    if (control != CONTROL_AVAILABLE) return -ENOTTY;
    request->value = ring_used(&input);
    return 0;
}

static void signalled(struct p9_server *server, uint64_t bits)
{
    do {
        chip->acknowledge();
        input_fill();
        output_drain();
    } while (chip->is_pending && chip->is_pending());
    if (fe_interrupt_acknowledge(interrupt) != OK) fe_log("the interrupt is gone");
    p9_node_changed(server->root);
}

static enum status start(struct p9_server *server, void (*enable)(void))
{
    TRY(p9_server_init(server));
    TRY(fe_interrupt_bind(interrupt, server->event, BIT_INTERRUPT));
    TRY(fe_interrupt_acknowledge(interrupt));
    enable();
    return p9_server_ready(server, "", nullptr);
}

void serial_serve(const struct serial_chip *which, void (*enable)(void))
{
    static const struct p9_operations operations = {.read = serial_read,
                                                    .write = serial_write,
                                                    .ready = serial_ready,
                                                    .control = serial_control};
    static struct p9_node node = {
        .operations = &operations, .references = 1, .mode = MODE_CHARACTER | 0600};
    static struct p9_server server = {.root = &node, .signalled = signalled};
    chip = which;
    server.name = chip->name;
    node.path = p9_path_new();
    interrupt = fe_start_handle("interrupt/0");
    enum status status = start(&server, enable);
    if (status != OK) {
        fe_log("cannot start: error %d", status);
        fe_exit(2);
    }
    p9_serve(&server);
}
