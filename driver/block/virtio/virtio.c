// SPDX-License-Identifier: MIT
// Driver of virtio disks (virtio 1.2, section 5.2). Serves
//     data    the disk's bytes; reads anywhere, writes of whole sectors; fsync makes them durable
//     info    size, sector size and counters, `name value` a line
// Many requests are on their way at once, each kept until the device has answered it.
#include "disk.h"

#include <9p/tree.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <sys/stat.h>

enum : uint64_t { BIT_INTERRUPT = 1 };

static struct disk disk;

static int64_t data_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         void *to, size_t count)
{
    return disk_read(&disk, request, offset, count);
}

static int64_t data_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    return disk_write(&disk, request, offset, from, count);
}

static int data_sync(struct p9_request *request, struct p9_open *open)
{
    return disk_flush(&disk, request);
}

static int info_text(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "size %llu\nsector %u\nread-only %u\n", (unsigned long long)disk.size, SECTOR,
             disk.is_read_only);
    p9_print(text, "reads %llu\nread-bytes %llu\n", (unsigned long long)disk.reads,
             (unsigned long long)disk.read_bytes);
    p9_print(text, "writes %llu\nwritten-bytes %llu\n", (unsigned long long)disk.writes,
             (unsigned long long)disk.written_bytes);
    p9_print(text, "flushes %llu\nerrors %llu\n", (unsigned long long)disk.flushes,
             (unsigned long long)disk.errors);
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
    static const struct p9_operations data_operations = {
        .read = data_read, .write = data_write, .sync = data_sync};
    static const struct p9_tree_entry info = {.path = "info", .mode = 0444, .text = info_text};
    static const struct p9_tree_entry data = {
        .path = "data", .mode = S_IFBLK | 0600, .operations = &data_operations};
    int error = p9_tree_create(&info, 1, &server->root);
    return error == 0 ? p9_tree_add(server->root, &data, &disk.node) : error;
}

int main(void)
{
    static struct p9_server server = {.name = "virtio-block", .signalled = signalled};
    if (serve(&server) != 0) return 1;
    enum status status = p9_server_init(&server);
    if (status == OK) status = disk_open(&disk, server.event, BIT_INTERRUPT);
    if (status == OK) {
        disk.node->size = disk.size;
        status = p9_server_ready(&server, "", nullptr);
    }
    if (status == OK) p9_serve(&server);
    fe_log("cannot start: %s", fe_status_text(status));
    return 1;
}
