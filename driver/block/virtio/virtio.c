// SPDX-License-Identifier: MIT
// Driver of virtio disks (virtio 1.2, section 5.2). Serves
//     data    the disk's bytes; reads anywhere, writes of whole sectors; fsync makes them durable
//     part<n> a partition's, in the same way
//     ctl     takes `discard PART OFFSET SIZE` and `zero PART OFFSET SIZE`
//     info    size, sector size and counters, `name value` a line
// Many requests are on their way at once, each kept until the device has answered it.
#include "part.h"

#include <9p/tree.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>

enum : uint64_t { BIT_INTERRUPT = 1 };

static struct disk disk;

static int info_text(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "size %llu\nsector %u\nread-only %u\n", (unsigned long long)disk.size, SECTOR,
             disk.is_read_only);
    p9_print(text, "discard %u\nzero %u\n", disk.discard_max != 0, disk.zero_max != 0);
    p9_print(text, "reads %llu\nread-bytes %llu\n", (unsigned long long)disk.reads,
             (unsigned long long)disk.read_bytes);
    p9_print(text, "writes %llu\nwritten-bytes %llu\n", (unsigned long long)disk.writes,
             (unsigned long long)disk.written_bytes);
    p9_print(text, "flushes %llu\ndiscards %llu\nerrors %llu\n", (unsigned long long)disk.flushes,
             (unsigned long long)disk.discards, (unsigned long long)disk.errors);
    return 0;
}

static void signalled(struct p9_server *server, uint64_t bits)
{
    (void)virtio_interrupt_take(&disk.device);
    if (disk_finish(&disk)) return;
    fe_log("the device broke its rules");
    fe_exit(1);
}

static int serve(struct p9_server *server)
{
    static const struct p9_tree_entry info = {.path = "info", .mode = 0444, .text = info_text};
    return p9_tree_create(&info, 1, &server->root);
}

int main(void)
{
    static struct p9_server server = {.name = "virtio-block", .signalled = signalled};
    if (serve(&server) != 0) return 1;
    enum status status = p9_server_init(&server);
    if (status == OK) status = disk_open(&disk, server.event, BIT_INTERRUPT);
    if (status == OK && parts_add(&disk, server.root) != 0) status = ERR_NO_MEMORY;
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status == OK) p9_serve(&server);
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
