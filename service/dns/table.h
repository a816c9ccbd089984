// SPDX-License-Identifier: MIT
// The tables that are text: name servers and where names are looked for (resolv.conf), addresses
// of this machine's own (hosts), services and their ports. Lines that are not understood are passed
// over.
#pragma once

#include "name.h"

enum : size_t { ADDRESS_SIZE = 46, SERVERS_MOST = 4, SEARCH_MOST = 6 };

struct settings {
    uint32_t servers, search;
    char server[SERVERS_MOST][ADDRESS_SIZE];
    struct name zone[SEARCH_MOST]; // in which a name without a dot is looked for
};

void settings_parse(const char *text, struct settings *settings);

// The next address of the name in what `*text` has left. False: there is none.
bool hosts_next(const char **text, const struct name *name, char address[ADDRESS_SIZE]);

// The port of a service, by number or by a name that `text` has for the protocol. False: not known.
bool service_port(const char *text, const char *service, const char *protocol, uint16_t *port);

bool is_address(const char *text); // of IPv4 or IPv6
bool is_address_v6(const char *text);
// The name below which an address's own name is found. False: it is no address.
bool name_of_address(const char *text, struct name *name);
