// SPDX-License-Identifier: MIT
// Parts of a disk as files: the whole, `data`, and its partitions, `part<number>`; and `ctl`, which
// takes what is not reading and writing.
#pragma once

#include "disk.h"

// Adds the files to the tree `root`; the disk is open. 0 or a negative errno.
int parts_add(struct disk *disk, struct p9_node *root);
