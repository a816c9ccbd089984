// SPDX-License-Identifier: MIT
// Drivers: what a match file says of one, and running it for a device. A match file
// /etc/driver/<program>.match has a word and a value on a line; `#` begins a comment:
//     match <bus> <identifier>   what it drives, as often as needed: match dtb arm,pl011; match
//     virtio 1;
//                                match pci 8086:100e; match pc 16550
//     name <word>                its devices appear as /dev/<word>0, 1, ...
//     priority <number>          of its threads
//     memory <MiB>               the most that one may use
//     watchdog <ms>              one that takes longer over a message hangs, and is ended
// The program is /driver/<program>.
#pragma once

#include "device.h"

#include <9p/server.h>
#include <9p/tree.h>

struct driver_match {
    struct driver_match *next;
    char bus[16];
    char id[96];
};

struct driver {
    struct driver *next;
    char program[64];
    char name[32];
    struct driver_match *matches;
    uint32_t priority;
    uint64_t memory_limit;
    uint64_t watchdog; // ns that one may take over one message; 0: as long as it wants
    uint32_t device_count;
    fe_handle image;
};

// Reads all match files; a malformed one is told about and left out. 0 or a negative errno.
int driver_load_all(const char *folder);

// Reads one, from its text. nullptr when it is malformed (*line says where) or memory is short.
struct driver *driver_parse(const char *program, const char *text, size_t size, uint32_t *line);
void driver_free(struct driver *driver);

// The driver for a device: the first match of its most specific identifier; nullptr: none.
struct driver *driver_find(const struct device *device);
extern struct driver *driver_list;
extern struct p9_file *init; // the session to init

// supervise.c: the drivers of all devices. The server's event has bits for them.
enum : uint64_t { BIT_ENDED = 1, BIT_DUE = 2, BIT_SLOT = 4 };
extern struct p9_server server;
void driver_assign(struct device *device);  // finds the driver of a new device
void driver_dismiss(struct device *device); // and ends it, because the device leaves
void drivers_start(void);                   // those that are due; the next time is BIT_DUE's
void drivers_ended(void);                   // those that are dead
const char *driver_state(const struct device *device);
int drivers_text(struct p9_request *request, void *context, struct p9_text *text);
int drivers_command(struct p9_request *request, void *context, const char *text, size_t size);
void devices_changed(void); // anything that `devices` shows is different now

// Starts the device's driver, with a session to `server` by which it says that it is ready.
// `exit_bits` of the server's event are signalled when it ends.
enum status driver_start(struct p9_server *server, struct device *device, uint64_t exit_bits);
