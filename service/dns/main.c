// SPDX-License-Identifier: MIT
// The name service: answers questions about names of hosts (net(4)). /net/dns takes a name, and
// perhaps a type, and gives what is known of it; after a byte 0 it takes a message, and gives one.
// /net/cs takes what to connect to, and gives the files to open and the addresses.
#include "ask.h"

#include <9p/client.h>
#include <9p/tree.h>
#include <ferrite/log.h>
#include <stdlib.h>
#include <string.h>

struct conversation { // one for each open file
    struct reply reply;
    size_t at; // up to which it was read
    bool is_message;
};

struct p9_server server;
static struct p9_node *root, *dns, *cs;

void resolve_changed(void)
{
    p9_node_changed(dns);
    p9_node_changed(cs);
}

static int file_open(struct p9_request *request, struct p9_open *open)
{
    open->state = calloc(1, sizeof(struct conversation));
    return open->state == nullptr ? -ENOMEM : 0;
}

static void file_close(struct p9_open *open)
{
    struct conversation *conversation = open->state;
    if (conversation != nullptr) free(conversation->reply.bytes);
    free(conversation);
}

// A message whole, or as much as there is room for; lines one at a time.
static int64_t reply_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          void *to, size_t count)
{
    struct conversation *conversation = open->state;
    size_t left = conversation->reply.size - conversation->at;
    if (left == 0) return 0;
    const char *from = conversation->reply.bytes + conversation->at;
    const char *end = conversation->is_message ? nullptr : memchr(from, '\n', left);
    if (end != nullptr) left = (size_t)(end + 1 - from);
    if (count > left) count = left;
    memcpy(to, from, count);
    conversation->at += count;
    return (int64_t)count;
}

static int ask(struct p9_node *node, const uint8_t *bytes, size_t size, struct reply *reply)
{
    char text[ASK_MOST];
    if (node == dns && size > 0 && bytes[0] == 0) return ask_message(bytes + 1, size - 1, reply);
    if (size >= sizeof text || memchr(bytes, 0, size) != nullptr) return -EINVAL;
    memcpy(text, bytes, size);
    text[size] = '\0';
    return node == dns ? ask_names(text, reply) : ask_connection(text, reply);
}

static int64_t file_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    struct conversation *conversation = open->state;
    free(conversation->reply.bytes);
    *conversation = (struct conversation){.is_message = count > 0 && *(const char *)from == 0};
    struct reply reply = {};
    int result = ask(open->node, from, count, &reply);
    if (result == 0)
        conversation->reply = reply;
    else
        free(reply.bytes);
    return result == 0 ? (int64_t)count : result;
}

static int serve(void)
{
    static const struct p9_operations operations = {
        .open = file_open,
        .close = file_close,
        .read = reply_read,
        .write = file_write,
    };
    struct p9_tree_entry entry = {.path = "dns", .mode = 0666, .operations = &operations};
    int error = p9_tree_create(nullptr, 0, &root);
    server.name = "dns";
    server.root = root;
    server.signalled = resolve_signalled;
    if (error == 0) error = p9_tree_add(root, &entry, &dns);
    entry.path = "cs";
    return error == 0 ? p9_tree_add(root, &entry, &cs) : error;
}

int main(void)
{
    int error = serve();
    if (error != 0 || p9_server_init(&server) != OK) {
        fe_log("cannot start, error %d", -error);
        return 1;
    }
    if (p9_server_ready(&server, "dns", dns) != OK || p9_server_ready(&server, "cs", cs) != OK)
        return 1;
    resolve_run();
    while (p9_serve_once(&server, FE_FOREVER) == OK) resolve_run();
    return 1;
}
