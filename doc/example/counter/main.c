// SPDX-License-Identifier: MIT
// The counter: a sum as a file. Reading `total` gives it; writing a number adds that. `last` tells
// who wrote last.
#include <9p/tree.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static long long total;
static uint32_t last_user;

static int total_text(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "%lld\n", total);
    return 0;
}

static int total_command(struct p9_request *request, void *context, const char *text, size_t size)
{
    char number[24], *end;
    if (size == 0 || size >= sizeof number) return -EINVAL;
    memcpy(number, text, size);
    number[size] = '\0';
    long long value = strtoll(number, &end, 10);
    if (end == number || (*end != '\0' && *end != '\n')) return -EINVAL;
    if (__builtin_add_overflow(total, value, &value)) return -ERANGE;
    total = value;
    last_user = request->identity->uid;
    return 0;
}

static int last_text(struct p9_request *request, void *context, struct p9_text *text)
{
    p9_print(text, "user %u\n", last_user);
    return 0;
}

static const struct p9_tree_entry table[] = {
    {.path = "total", .mode = 0666, .text = total_text, .command = total_command},
    {.path = "last", .mode = 0444, .text = last_text},
};

int main(void)
{
    static struct p9_server server = {.name = "counter"};
    if (p9_tree_create(table, sizeof table / sizeof table[0], &server.root) != 0) return 1;
    if (p9_server_init(&server) != OK) return 1;
    if (p9_server_ready(&server, "counter", nullptr) != OK) return 1;
    p9_serve(&server);
}
