// SPDX-License-Identifier: MIT
// Between the parts of this library.
#pragma once

#include <fileserver/fileserver.h>

enum : uint64_t { BIT_COMMIT = 1, BIT_SHORT = 2 }; // of the server's event

extern struct p9_server server;
extern const struct file_system *served; // this process's

// room.c: memory for the cache
void room_watch(void);
void room_give(void); // the kernel says that it is short

// A copy of the contents in memory, whole pages. -ENODEV: there are none.
int memory_make(struct p9_node *node, fe_handle *memory);
// What mappings of this file stored goes to the file system.
int live_flush_of(struct p9_node *node);
