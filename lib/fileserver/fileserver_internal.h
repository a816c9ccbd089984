// SPDX-License-Identifier: MIT
// Between the parts of this library.
#pragma once

#include <fileserver/fileserver.h>

extern const struct file_system *served; // this process's

// A copy of the contents in memory, whole pages. -ENODEV: there are none.
int memory_make(struct p9_node *node, fe_handle *memory);
// What mappings of this file stored goes to the file system.
int live_flush_of(struct p9_node *node);
