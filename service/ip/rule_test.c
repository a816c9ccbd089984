// SPDX-License-Identifier: MIT
// Rules: what they allow, and that nothing else is allowed.
#include "test/refused.h"
#include "test/unit.h"

#include "rule.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct protocol tcp = {.name = "tcp"}, udp = {.name = "udp"}, icmp = {.name = "icmp"};
static struct rules *rules;

static int read_rules(const char *text)
{
    free(rules);
    return rules_read(text, strlen(text), &rules);
}

static bool may_reach(const struct protocol *protocol, const char *address, uint16_t port)
{
    ip_addr_t parsed;
    return ipaddr_aton(address, &parsed) && rules_allow_remote(rules, protocol, &parsed, port);
}

static bool is_server(const ip_addr_t *address)
{
    ip_addr_t server;
    return ipaddr_aton("10.0.2.3", &server) && ip_addr_eq(&server, address);
}

TEST("a peer is one protocol, one address and one port")
{
    EXPECT(read_rules("tcp!10.0.2.2!80,tcp!fe80::1!*,icmp!10.0.2.2") == 0 && rules->count == 3);
    EXPECT(may_reach(&tcp, "10.0.2.2", 80) && may_reach(&tcp, "fe80::1", 9));
    EXPECT(may_reach(&icmp, "10.0.2.2", 0));
    EXPECT(!may_reach(&tcp, "10.0.2.2", 81) && !may_reach(&tcp, "10.0.2.3", 80));
    EXPECT(!may_reach(&udp, "10.0.2.2", 80) && !may_reach(&tcp, "::ffff:10.0.2.2", 80));
    EXPECT(!rules_allow_local(rules, &tcp, 80) && !rules_name(rules, &udp));
}

TEST("a local port is no peer, and every peer is no local port")
{
    EXPECT(read_rules("tcp!listen!80,udp!*!*") == 0);
    EXPECT(rules_allow_local(rules, &tcp, 80) && !rules_allow_local(rules, &tcp, 81));
    EXPECT(!rules_allow_local(rules, &tcp, 0) && !may_reach(&tcp, "10.0.2.2", 80));
    EXPECT(may_reach(&udp, "10.0.2.2", 80) && !rules_allow_local(rules, &udp, 80));
    EXPECT(read_rules("udp") == 0 && rules_allow_local(rules, &udp, 80));
    EXPECT(may_reach(&udp, "::1", 1) && !may_reach(&tcp, "::1", 1));
}

TEST("datagrams of a port that it may have come and go as they like, those of others do not")
{
    ip_addr_t far;
    EXPECT(read_rules("udp!listen!53") == 0 && ipaddr_aton("10.0.2.9", &far));
    struct conversation conversation = {.protocol = &udp, .rules = rules, .local_port = 53};
    EXPECT(rules_allow_datagram(&conversation, &far, 4000));
    conversation.local_port = 54;
    EXPECT(!rules_allow_datagram(&conversation, &far, 4000));
    conversation.local_port = 0;
    EXPECT(!rules_allow_datagram(&conversation, &far, 4000));
    conversation.rules = nullptr;
    EXPECT(rules_allow_datagram(&conversation, &far, 4000));
}

TEST("a low port is user 0's, or that of rules which user 0 made, when they name it")
{
    struct conversation conversation = {.protocol = &tcp, .owner = {1000, 1000}};
    EXPECT(!rules_allow_port(&conversation, 1) && !rules_allow_port(&conversation, 1023));
    EXPECT(rules_allow_port(&conversation, 1024) && rules_allow_port(&conversation, 0));
    conversation.protocol = &icmp;
    EXPECT(rules_allow_port(&conversation, 1));
    EXPECT(read_rules("tcp!listen!80,udp!listen!*,tcp!10.0.2.2!81") == 0);
    conversation.rules = rules;
    conversation.protocol = &tcp;
    EXPECT(!rules_allow_port(&conversation, 80));
    rules->is_by_zero = true;
    EXPECT(rules_allow_port(&conversation, 80) && !rules_allow_port(&conversation, 81));
    EXPECT(!rules_allow_port(&conversation, 8080));
    conversation.protocol = &udp;
    EXPECT(!rules_allow_port(&conversation, 80) && rules_allow_port(&conversation, 8080));
    conversation.owner.uid = 0;
    EXPECT(rules_allow_port(&conversation, 80));
}

TEST("name servers may be asked where the rules say so")
{
    EXPECT(read_rules("dns") == 0 && rules->count == 0);
    rules->is_name_server = is_server;
    EXPECT(may_reach(&udp, "10.0.2.3", 53) && may_reach(&tcp, "10.0.2.3", 53));
    EXPECT(!may_reach(&udp, "10.0.2.3", 54) && !may_reach(&udp, "10.0.2.4", 53));
    EXPECT(rules_name(rules, &udp) && !rules_name(rules, &icmp));
    EXPECT(!rules_allow_local(rules, &udp, 53));
}

TEST("what is no rule is refused, and all that stands beside it")
{
    static const char *const wrong[] = {"",
                                        ",",
                                        "tcp,",
                                        ",tcp",
                                        "tcp,,udp",
                                        "sctp",
                                        "TCP",
                                        "tcp!",
                                        "tcp!!",
                                        "tcp!!80",
                                        "tcp!nobody!80",
                                        "tcp!::1x!80",
                                        "tcp!::10001!80",
                                        "tcp!1.2.3.4!",
                                        "tcp!1.2.3.4!0",
                                        "tcp!1.2.3.4!65536",
                                        "tcp!1.2.3.4!-1",
                                        "tcp!1.2.3.4!80 ",
                                        "tcp!1.2.3.4!80!",
                                        "tcp!listen",
                                        "tcp!listen!",
                                        "dns!53",
                                        "tcp,dns,nothing"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT(read_rules(wrong[i]) == -EINVAL && rules == nullptr);
    EXPECT(rules_read("tcp\0!*!1", 8, &rules) == -EINVAL);
}
