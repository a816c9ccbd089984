// SPDX-License-Identifier: MIT
// Fifos: pipes with a name. What is in one goes when nobody has it open.
#include "ramfs.h"

#include <fifo/named.h>

const struct p9_operations fifo_operations = {
    .link = folder_link,
    .open = fifo_named_open,
    .close = fifo_named_close,
    .read = fifo_named_read,
    .write = fifo_named_write,
    .ready = fifo_named_ready,
    .control = fifo_named_control,
    .release = node_release,
};
