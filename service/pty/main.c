// SPDX-License-Identifier: MIT
// Pseudoterminals. Each open of /dev/ptmx makes one; its terminal is /dev/pts/N as long as that
// master is open, and only its user's. See pts(4).
#include "pty.h"

#include <abi/errno.h>
#include <ferrite/libc.h>
#include <ferrite/log.h>
#include <ferrite/start.h>

enum : uint64_t { BIT_TIME = 1 };

static struct p9_server server;

static int ptmx_open(struct p9_request *request, struct p9_open *open)
{
    struct pty *pty = pty_create(request);
    if (pty == nullptr) return -ENOSPC;
    p9_node_put(open->node);
    open->node = &pty->master; // its reference is the open file's
    return 0;
}

static bool number_of(struct p9_name name, uint32_t *number)
{
    uint64_t value = 0;
    if (name.size > 9 || (name.text[0] == '0' && name.size > 1)) return false;
    for (size_t i = 0; i < name.size; i++) {
        if (name.text[i] < '0' || name.text[i] > '9') return false;
        value = value * 10 + (uint64_t)(name.text[i] - '0');
    }
    *number = (uint32_t)value;
    return true;
}

static int pts_lookup(struct p9_request *request, struct p9_node *directory, struct p9_name name,
                      struct p9_node **found)
{
    uint32_t number;
    if (!number_of(name, &number)) return -ENOENT;
    struct pty *pty = ptys;
    while (pty && pty->number != number) pty = pty->next;
    if (pty == nullptr) return -ENOENT;
    *found = &pty->slave.node;
    p9_node_get(*found);
    return 0;
}

static int pts_readdir(struct p9_request *request, struct p9_open *open, uint64_t offset,
                       struct p9_listing *listing)
{
    char text[12];
    for (const struct pty *pty = ptys; pty; pty = pty->next) {
        if (pty->number < offset) continue;
        fe_format(text, sizeof text, "%u", pty->number);
        if (!p9_list(listing, p9_name_of(text), &pty->slave.node, pty->number + 1ull)) break;
    }
    return 0;
}

static const struct p9_operations ptmx_operations = {.open = ptmx_open};
static const struct p9_operations pts_operations = {.lookup = pts_lookup, .readdir = pts_readdir};

static struct p9_node ptmx = {.operations = &ptmx_operations,
                              .references = 1,
                              .links = 1,
                              .mode = MODE_CHARACTER | 0666,
                              .device = 0x502};
static struct p9_node pts = {
    .operations = &pts_operations, .references = 1, .links = 2, .mode = MODE_DIRECTORY | 0755};

static void signalled(struct p9_server *self, uint64_t bits)
{
    if (bits & BIT_TIME) terminal_time_passed();
}

int main(int count, char **arguments)
{
    ptmx.path = p9_path_new();
    pts.path = p9_path_new();
    server = (struct p9_server){.name = "pty", .root = &pts, .signalled = signalled};
    if (p9_server_init(&server) != OK) return 2;
    terminal_files_init(&server, p9_root_of_handle(fe_start_handle("process")), BIT_TIME);
    if (p9_server_ready(&server, "ptmx", &ptmx) != OK ||
        p9_server_ready(&server, "pts", &pts) != OK) {
        return 3;
    }
    p9_serve(&server);
}
