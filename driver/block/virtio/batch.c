// SPDX-License-Identifier: MIT
#include "batch.h"
#include "window.h"

#include <stdlib.h>

struct batch *batch_create(uint32_t count)
{
    return calloc(1, sizeof(struct batch) + count * sizeof(struct batch_piece));
}

static void leave_rest(struct batch *batch)
{
    while (batch->next < batch->count) window_put(batch->piece[batch->next++].window);
}

void batch_free(struct batch *batch)
{
    leave_rest(batch);
    free(batch);
}

// Sends what there are slots for; when nothing of it is on its way any more, that is the end.
static void send_on(struct disk *disk, struct batch *batch)
{
    batch->on_way++; // stays meanwhile: a piece may fail at once
    while (batch->next < batch->count && disk_has_slot(disk)) {
        const struct batch_piece *piece = &batch->piece[batch->next++];
        batch->on_way++;
        disk_write_piece(disk, batch, piece);
    }
    virtqueue_kick(&disk->queue);
    if (--batch->on_way != 0) return;
    p9_finish(batch->kept, batch->result, nullptr, 0);
    batch_free(batch);
}

int64_t batch_send(struct disk *disk, struct p9_request *request, struct batch *batch)
{
    batch->kept = disk_has_slot(disk) ? p9_keep(request) : nullptr;
    if (batch->kept == nullptr) {
        batch_free(batch);
        return P9_LATER;
    }
    send_on(disk, batch);
    return P9_KEPT;
}

void batch_done(struct disk *disk, struct batch *batch, int64_t result)
{
    batch->on_way--;
    if (result < 0 && batch->result == 0) batch->result = result;
    if (batch->result != 0 || batch->kept->is_cancelled) leave_rest(batch);
    send_on(disk, batch);
}
