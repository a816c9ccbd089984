// SPDX-License-Identifier: MIT
// Fifos: the disk has their names and permissions, this service what is in them.
#include "ext4.h"

#include <fifo/named.h>

const struct p9_operations fifo_operations = {
    .link = name_link,
    .open = fifo_named_open,
    .close = fifo_named_close,
    .read = fifo_named_read,
    .write = fifo_named_write,
    .ready = fifo_named_ready,
    .control = fifo_named_control,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};
