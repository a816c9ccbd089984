// SPDX-License-Identifier: MIT
// Sockets: conversations of the network service, as files below /net (Plan 9's layout).
#pragma once

#include "inherit.h"
#include <stddef.h>

struct file;
struct p9_file;
struct socket;

// The part of a socket that travels to a child beside its data file; nullptr: none yet.
struct p9_file *socket_control_file(const struct socket *socket);
void socket_describe(const struct socket *socket, struct inherit_file *entry);
// Takes `control` over (a local one has none). nullptr: no memory.
struct socket *socket_adopt(struct p9_file *control, const struct inherit_file *entry);
void socket_destroy(struct socket *socket);

// read() and write() of a socket.
long socket_read(struct file *file, void *to, size_t count);
long socket_write(struct file *file, const void *from, size_t count);
// POLL* that are ready; when none, `event` gets `bits` once.
int socket_poll(struct file *file, uint32_t events, fe_handle event, uint64_t bits);
