// SPDX-License-Identifier: MIT
// Posts a service of its own in /srv and serves it: see test/scenario/namespace.py.
#include <9p/tree.h>
#include <names/names.h>
#include <stdio.h>

static int text_hello(struct p9_request *, void *, struct p9_text *text)
{
    p9_print(text, "hello from a posted service\n");
    return 0;
}

int main(int count, char **arguments)
{
    static const struct p9_tree_entry table[] = {
        {.path = "hello", .mode = 0444, .text = text_hello}};
    static struct p9_server server = {.name = "posted"};
    fe_handle connector;
    if (count != 2 || p9_tree_create(table, 1, &server.root) != 0 ||
        p9_server_init(&server) != OK ||
        p9_connector(&server, nullptr, 65534, 65534, &connector) != OK) {
        return 2;
    }
    if (names_post(connector, arguments[1], 0600) != 0) {
        perror(arguments[1]);
        return 1;
    }
    p9_serve(&server);
}
