// SPDX-License-Identifier: MIT
// Many writes that are asked for by one message: they are on their way together, as far as there
// are slots, and answered when all are done. The first that fails is the answer, and those that are
// not on their way then are left out, as when the asker is gone.
#pragma once

#include "disk.h"

struct batch_piece {
    struct window *window; // with a reference until the device has it
    uint64_t sector, physical;
    uint32_t size; // bytes
};

struct batch {
    struct p9_request *kept;
    int64_t result;
    uint32_t count, next, on_way;
    struct batch_piece piece[];
};

// Of FE_TRANSFER_PIECES at most. nullptr: no memory.
struct batch *batch_create(uint32_t count);
void batch_free(struct batch *batch); // with what it has not sent
// Begins it: P9_KEPT, or P9_LATER when all slots are taken; the batch is gone then.
int64_t batch_send(struct disk *disk, struct p9_request *request, struct batch *batch);
// One of its pieces is done, by this result; its slot is free again.
void batch_done(struct disk *disk, struct batch *batch, int64_t result);
