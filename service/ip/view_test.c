// SPDX-License-Identifier: MIT
// Who may have a port below 1024, asked by the files: users and user 0, with the whole network and
// with views that either of them made.
#include "test/refused.h"
#include "test/unit.h"

#include "rule.h"
#include "view.h"
#include <errno.h>
#include <lwip/init.h>
#include <stdio.h>
#include <string.h>

enum : uint32_t { ZERO = 0, USER = 1000 };

static bool start(void)
{
    static const struct door doors[] = {
        {&tcp_protocol, nullptr}, {&udp_protocol, nullptr}, {&icmp_protocol, nullptr}};
    if (tree != nullptr) return true;
    lwip_init();
    if (p9_tree_create(nullptr, 0, &tree) != 0 || views_serve() != 0) return false;
    for (size_t i = 0; i < sizeof doors / sizeof *doors; i++)
        if (conversation_serve(&doors[i]) != 0) return false;
    return true;
}

// As a walk does it; nullptr: it is not there.
static struct p9_node *look_up(struct p9_node *from, uint32_t uid, const char *name)
{
    const struct p9_identity who = {.uid = uid};
    struct p9_request request = {.identity = &who};
    struct p9_node *found = nullptr;
    if (from == nullptr) return nullptr;
    (void)from->operations->lookup(&request, from, p9_name_of(name), &found);
    p9_node_put(from);
    return found;
}

// The network as `maker` makes it, for others; "": the whole.
static struct p9_node *network(uint32_t maker, const char *rules)
{
    p9_node_get(tree);
    return rules[0] == '\0' ? tree : look_up(look_up(tree, maker, "view"), maker, rules);
}

// One conversation of the user, and the commands in their order; the first error ends them.
static int command(struct p9_node *net, uint32_t uid, const char *protocol,
                   const char *const commands[])
{
    const struct p9_identity who = {.uid = uid, .gid = uid};
    struct p9_request request = {.identity = &who};
    struct p9_node *clone = look_up(look_up(net, uid, protocol), uid, "clone");
    struct p9_open open = {.node = clone};
    if (clone == nullptr) return -ENOENT;
    int64_t result = clone->operations->open(&request, &open);
    for (; result >= 0 && *commands != nullptr; commands++)
        result = open.node->operations->write(&request, &open, 0, *commands, strlen(*commands));
    if (open.state != nullptr) open.node->operations->close(&open);
    p9_node_put(open.node);
    views_settle();
    return result < 0 ? (int)result : 0;
}

static int bind_to(struct p9_node *net, uint32_t uid, const char *protocol, const char *end)
{
    char text[64];
    snprintf(text, sizeof text, "bind %s", end);
    return command(net, uid, protocol, (const char *[]){text, nullptr});
}

TEST("ports below 1024 are user 0's, of TCP and of UDP, at every address")
{
    static const char *const protocols[] = {"tcp", "udp"};
    static const char *const low[] = {"*!1", "*!80", "*!1023", "127.0.0.1!1023", "::1!1023"};
    EXPECT(start());
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < sizeof low / sizeof *low; j++) {
            EXPECT(bind_to(network(0, ""), USER, protocols[i], low[j]) == -EACCES);
            EXPECT(bind_to(network(0, ""), ZERO, protocols[i], low[j]) == 0);
        }
        EXPECT(bind_to(network(0, ""), USER, protocols[i], "*!1024") == 0);
        EXPECT(bind_to(network(0, ""), USER, protocols[i], "*!65535") == 0);
        EXPECT(bind_to(network(0, ""), USER, protocols[i], "*!0") == 0);
    }
    EXPECT(bind_to(network(0, ""), USER, "icmp", "*!7") == 0);
}

TEST("who listens after a bind that was refused gets a port of the system's choice")
{
    EXPECT(start());
    EXPECT(command(network(0, ""), USER, "tcp", (const char *[]){"announce 1", nullptr}) == 0);
    EXPECT(command(network(0, ""), ZERO, "tcp",
                   (const char *[]){"bind *!80", "announce 1", nullptr}) == 0);
}

TEST("a view that user 0 made gives a user the port that it names, and no other")
{
    const char *rules = "tcp!listen!80,udp!listen!53,tcp!listen!8080";
    EXPECT(start());
    EXPECT(command(network(ZERO, rules), USER, "tcp",
                   (const char *[]){"bind *!80", "announce 1", nullptr}) == 0);
    EXPECT(bind_to(network(ZERO, rules), USER, "udp", "*!53") == 0);
    EXPECT(bind_to(network(ZERO, rules), USER, "tcp", "*!8080") == 0);
    EXPECT(bind_to(network(ZERO, rules), USER, "tcp", "*!53") == -EACCES);
    EXPECT(bind_to(network(ZERO, rules), USER, "tcp", "*!81") == -EACCES);
    EXPECT(bind_to(network(ZERO, rules), ZERO, "tcp", "*!81") == -EACCES);
}

TEST("a view that a user made gives no port, and is none for user 0 to fear")
{
    EXPECT(start());
    EXPECT(bind_to(network(USER, "tcp!listen!80"), USER, "tcp", "*!80") == -EACCES);
    EXPECT(bind_to(network(USER, "tcp!listen!8080"), USER, "tcp", "*!8080") == 0);
    EXPECT(bind_to(network(USER, "tcp!listen!80"), ZERO, "tcp", "*!80") == 0);
}

TEST("rules for any port narrow what a user has, and give nothing, whoever made them")
{
    static const char *const rules[] = {"tcp", "tcp!listen!*", "tcp,tcp!listen!81,udp!listen!80"};
    EXPECT(start());
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        EXPECT(bind_to(network(ZERO, rules[i]), USER, "tcp", "*!80") == -EACCES);
        EXPECT(bind_to(network(ZERO, rules[i]), USER, "tcp", "*!1024") == 0);
        EXPECT(bind_to(network(ZERO, rules[i]), ZERO, "tcp", "*!80") == 0);
    }
}
