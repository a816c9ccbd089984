// SPDX-License-Identifier: MIT
// /net/changes tells those who use what the network tells (its name servers, its domain, its time
// servers) that it is another now: a read gives at once, and then once for each change, whether an
// address is being got. lwIP does not say when it learns something: what it knows is looked at
// when its timers ran, an address changed or a command came.
#include "ip.h"

#include <lwip/dns.h>
#include <lwip_hooks.h>
#include <string.h>

static struct p9_node *node;
static bool is_due;         // to be looked at
static uint64_t known;      // a sum of what there was at the last look
static uintptr_t count = 1; // of changes; what an open file has seen is its state

void changes_note(void)
{
    is_due = true;
}

// FNV-1a.
static uint64_t sum_add(uint64_t sum, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) sum = (sum ^ from[i]) * 0x100000001b3;
    return sum;
}

static uint64_t sum_make(void)
{
    char name[IPADDR_STRLEN_MAX];
    const ip_addr_t *address;
    ip_addr_t time_server;
    bool is_coming = route_is_coming(IP4_ADDR_ANY);
    uint64_t sum = sum_add(0xcbf29ce484222325, &is_coming, sizeof is_coming);
    for (uint32_t i = 0; (address = host_name_server(i)) != nullptr; i++)
        sum = sum_add(sum, address_name(address, name), strlen(name) + 1);
    sum = sum_add(sum, lwip_told_domain(), strlen(lwip_told_domain()) + 1);
    for (uint32_t i = 0; host_time_server(i, &time_server); i++)
        sum = sum_add(sum, address_name(&time_server, name), strlen(name));
    return sum;
}

void changes_settle(void)
{
    if (!is_due) return;
    is_due = false;
    uint64_t sum = sum_make();
    if (sum == known) return;
    known = sum;
    count++;
    p9_node_changed(node);
}

static int64_t changes_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            void *to, size_t room)
{
    if ((uintptr_t)open->state == count) return P9_LATER;
    open->state = (void *)count;
    const char *text = route_is_coming(IP4_ADDR_ANY) ? "coming\n" : "settled\n";
    size_t size = strlen(text);
    if (size > room) size = room;
    memcpy(to, text, size);
    return (int64_t)size;
}

static uint32_t changes_ready(struct p9_open *open)
{
    return (uintptr_t)open->state == count ? 0 : READY_READ;
}

static void netif_changed(struct netif *netif, netif_nsc_reason_t reason,
                          const netif_ext_callback_args_t *unused)
{
    changes_note();
}

int changes_serve(void)
{
    static const struct p9_operations operations = {.read = changes_read, .ready = changes_ready};
    static const struct p9_tree_entry entry = {
        .path = "changes", .mode = 0444, .operations = &operations};
    NETIF_DECLARE_EXT_CALLBACK(callback)
    netif_add_ext_callback(&callback, netif_changed);
    return p9_tree_add(tree, &entry, &node);
}
