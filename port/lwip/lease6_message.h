// SPDX-License-Identifier: MIT
// What messages of DHCPv6 say: read and written here, sent and believed by lease6.c.
#pragma once

#include <lwip/ip6_addr.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEASE6_SERVER_MAX = 130,
    LEASE6_CLIENT_SIZE = 10,
    LEASE6_MESSAGE_MAX = 512,
    LEASE6_ADDRESSES = LWIP_IPV6_NUM_ADDRESSES - 1, // beside that of the link
};
#define LEASE6_FOR_EVER UINT32_MAX // of times in seconds

struct lease6_address {
    uint32_t bytes[4]; // network order
    uint32_t preferred, valid;
};

struct lease6_addresses {
    unsigned count;
    struct lease6_address list[LEASE6_ADDRESSES];
};

// Who asks, and for what.
struct lease6_client {
    uint8_t name[LEASE6_CLIENT_SIZE];
    uint32_t association;
};

struct lease6_answer {
    uint8_t type;
    uint32_t transaction;
    uint16_t status; // the worst that is said, of all or of what was asked for
    uint8_t preference;
    bool has_client, has_association;
    uint8_t server[LEASE6_SERVER_MAX];
    uint16_t server_size;
    uint32_t longest_wait;                    // s, between questions for a server; 0: not said
    uint32_t renew, rebind;                   // T1 and T2
    struct lease6_addresses given;            // those that are over have no time left
    uint16_t name_servers, name_server_count; // where they begin in the message
    uint16_t domains, domains_size;           // of names of RFC 1035, likewise
};

struct lease6_question {
    uint8_t type;
    uint32_t transaction;
    const struct lease6_client *client;
    const uint8_t *server; // nullptr: any
    uint16_t server_size;
    const struct lease6_addresses *named; // nullptr: any is asked for
    uint32_t waited;                      // ms since the first of these questions
};

// False: it is none, or not whole, or says what cannot be.
bool lease6_read(const uint8_t *message, size_t size, const struct lease6_client *client,
                 struct lease6_answer *answer);
// How large it is; `message` has LEASE6_MESSAGE_MAX bytes.
size_t lease6_write(const struct lease6_question *question, uint8_t *message);
