// SPDX-License-Identifier: MIT
// What a view of the network may do (net(4)): rules, each of which allows something. Nothing else
// is allowed.
#pragma once

#include "ip.h"

struct rule {
    const char *protocol;
    bool is_whole; // all that the protocol can do
    bool is_local; // of a port of this machine; else of the other end
    bool is_any_address, is_any_port;
    ip_addr_t address;
    uint16_t port;
};

struct rules {
    uint32_t count;
    bool has_dns;    // the name servers may be asked
    bool is_by_zero; // user 0 made them: a port that one names is given with them, a low one too
    bool (*is_name_server)(const ip_addr_t *address);
    struct rule rule[];
};

// From "tcp!10.0.2.2!80,udp!listen!53,dns". To be freed. 0, -EINVAL or -ENOMEM.
int rules_read(const char *text, size_t size, struct rules **rules);

// nullptr allows everything.
bool rules_name(const struct rules *rules, const struct protocol *protocol);
bool rules_allow_local(const struct rules *rules, const struct protocol *protocol, uint16_t port);
// Whether a conversation may have this local port: its rules allow it, and below 1024 it is user
// 0's, or its view's. Port 0 is one that the system chooses.
bool rules_allow_port(const struct conversation *conversation, uint16_t port);
bool rules_allow_remote(const struct rules *rules, const struct protocol *protocol,
                        const ip_addr_t *address, uint16_t port);
// A datagram to or from there, for a conversation.
bool rules_allow_datagram(const struct conversation *conversation, const ip_addr_t *address,
                          uint16_t port);
