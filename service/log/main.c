// SPDX-License-Identifier: MIT
// The log service: the kernel's log as a file, /dev/log. A reader gets what the kernel's buffer
// holds at the time of opening.
#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/start.h>

static int print_log(struct p9_request *request, void *context, struct p9_text *text)
{
    fe_handle resource = fe_start_handle("resource/debug");
    uint64_t position = 0;
    for (;;) {
        char buffer[4096];
        size_t length;
        if (fe_log_read(resource, position, buffer, sizeof buffer, &position, &length) != OK) {
            return -EIO;
        }
        if (length == 0) return 0;
        p9_print_bytes(text, buffer, length);
    }
}

int main(void)
{
    static const struct p9_tree_entry table[] = {{.path = "log", .mode = 0444, .text = print_log}};
    static struct p9_server server = {.name = "log"};
    struct p9_node *node;
    if (p9_tree_create(nullptr, 0, &server.root) != 0) return 1;
    if (p9_tree_add(server.root, &table[0], &node) != 0) return 1;
    if (p9_server_init(&server) != OK) return 1;
    if (p9_server_ready(&server, "log", node) != OK) return 1;
    p9_serve(&server);
}
