// SPDX-License-Identifier: MIT
// Places for connections. When all are taken, or a peer has as many as it may, a new connection is
// given that of who has been idle the longest.

#include "httpd.h"
#include <string.h>

struct connection *connections[MOST];

static bool is_of(const struct connection *connection, const struct in6_addr *peer)
{
    return !peer || memcmp(&connection->peer, peer, sizeof *peer) == 0;
}

// Among those of a peer; nullptr: of all. -1: all of them are busy.
static int idle_find(const struct in6_addr *peer)
{
    int idle = -1;
    for (int i = 0; i < MOST; i++) {
        struct connection *connection = connections[i];
        if (!connection || !is_of(connection, peer) || !connection_is_idle(connection)) continue;
        if (idle < 0 || connection->deadline < connections[idle]->deadline) idle = i;
    }
    return idle;
}

static int free_find(void)
{
    for (int i = 0; i < MOST; i++) {
        if (!connections[i]) return i;
    }
    return -1;
}

bool place_is_there(void)
{
    return free_find() >= 0 || idle_find(nullptr) >= 0;
}

int place_make(const struct in6_addr *peer)
{
    int its = 0, place = free_find();
    for (int i = 0; i < MOST; i++) its += connections[i] && is_of(connections[i], peer);
    if (its >= PEER_MOST)
        place = idle_find(peer);
    else if (place < 0)
        place = idle_find(nullptr);
    if (place >= 0 && connections[place]) place_clear(place);
    return place;
}

void place_clear(int place)
{
    connection_close(connections[place]);
    connections[place] = nullptr;
}
