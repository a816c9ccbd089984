// SPDX-License-Identifier: MIT
// A time server: each request has a port and a cookie of its own, both drawn at random.
#include "peer.h"

#include <abi/errno.h>
#include <dial/dial.h>
#include <ferrite/clock.h>
#include <ferrite/entropy.h>
#include <ferrite/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t {
    SECOND = 1'000'000'000,
    FIRST_INTERVAL = 2 * SECOND, // of the first requests
    INTERVAL = 64 * SECOND,
    INTERVAL_MOST = 1024 * SECOND,
};
enum : size_t { ADDRESS_MOST = 128 };
enum : uint32_t { FIRST = 4, SILENT_MOST = 4, PORT = 123 };

uint32_t peers_parse(const char *text, struct peer peers[SERVERS_MOST])
{
    uint32_t count = 0;
    for (; *text != '\0' && count < SERVERS_MOST; text += *text != '\0') {
        struct peer peer = {.port = PORT, .interval = FIRST_INTERVAL, .verdict = VERDICT_LOST};
        unsigned port = 0;
        int fields = sscanf(text, "server %63[^ \t\r\n!#] %u", peer.host, &port);
        if (fields == 2 && port > 0 && port <= UINT16_MAX) peer.port = (uint16_t)port;
        if (fields == 1 || peer.port == port) peers[count++] = peer;
        text += strcspn(text, "\n");
    }
    return count;
}

bool peers_are_same(const struct peer *a, uint32_t a_count, const struct peer *b, uint32_t b_count)
{
    bool are_same = a_count == b_count;
    for (uint32_t i = 0; are_same && i < a_count; i++)
        are_same = strcmp(a[i].host, b[i].host) == 0 && a[i].port == b[i].port;
    return are_same;
}

void peer_end(struct peer *peer)
{
    p9_close(peer->data);
    p9_close(peer->control);
    peer->data = peer->control = nullptr;
}

// What the connection service says: a file to open, and what to connect to.
static int address_find(const struct peer *peer, char address[ADDRESS_MOST])
{
    char text[HOST_SIZE + 16], line[160] = "";
    struct p9_file *file;
    int size = snprintf(text, sizeof text, "udp!%s!%u", peer->host, peer->port);
    int result = p9_open("/net/cs", OPEN_READ_WRITE | OPEN_NONBLOCK, 0, &file);
    if (result != 0) return result;
    int64_t got = p9_write(file, 0, text, (size_t)size);
    if (got > 0) got = p9_read(file, 0, line, sizeof line - 1);
    p9_close(file);
    if (got <= 0) return got < 0 ? (int)got : -ENOENT;
    return sscanf(line, "/net/udp/clone %127s", address) == 1 ? 0 : -EIO;
}

static int connect_server(struct peer *peer)
{
    char address[ADDRESS_MOST];
    int result = address_find(peer, address);
    return result == 0 ? dial("udp", address, &peer->control, &peer->data) : result;
}

// It is asked again soon, for its name is being asked for, perhaps; then later and later. When the
// network changes peer_resume() is sooner.
static void put_off(struct peer *peer)
{
    peer_end(peer);
    peer->wait = peer->wait == 0 ? SECOND : peer->wait * 2;
    if (peer->wait > INTERVAL) peer->wait = INTERVAL;
    peer->due = fe_clock_after(peer->wait);
}

void peer_resume(struct peer *peer)
{
    if (peer->wait == 0) return;
    peer->wait = 0;
    peer->due = 0;
}

// By which a reply is known. Who could guess it could set the clock: then nobody is asked.
static bool cookie_draw(struct peer *peer)
{
    static bool is_logged;
    bool is_random = fe_entropy(&peer->cookie, sizeof peer->cookie);
    if (!is_random && !is_logged)
        fe_log("no random numbers: no server is asked, since replies could be forged");
    is_logged = !is_random;
    return is_random;
}

void peer_run(struct peer *peer)
{
    uint8_t packet[PACKET_SIZE];
    if (peer->verdict == VERDICT_NEVER || fe_clock_monotonic() < peer->due) return;
    peer_end(peer);
    bool is_slow = peer->asked >= FIRST && peer->interval < INTERVAL;
    if (is_slow) peer->interval = INTERVAL;
    if (!cookie_draw(peer) || connect_server(peer) != 0) return put_off(peer);
    request_write(packet, peer->cookie);
    peer->sent = (int64_t)fe_clock_realtime();
    int64_t written = p9_write(peer->data, 0, packet, sizeof packet);
    if (written == -EAGAIN) return put_off(peer);
    if (written < 0) peer_end(peer);
    peer->wait = 0;
    peer->due = fe_clock_after(peer->interval);
    peer->asked++;
    if (++peer->silent > SILENT_MOST) peer->filter.count = 0;
}

// What follows from a packet. True: the server told the time.
static bool heard(struct peer *peer, const uint8_t *packet, size_t size, int64_t came)
{
    struct reply reply;
    struct sample sample;
    enum verdict verdict = reply_read(packet, size, peer->cookie, &reply);
    if (verdict == VERDICT_WRONG) {
        peer->wrong++;
        return false;
    }
    peer->heard++;
    peer->silent = 0;
    peer->verdict = verdict;
    peer->stratum = reply.stratum;
    peer->cookie = ~peer->cookie; // the same reply again is none
    if (verdict == VERDICT_SLOWER) {
        peer->interval = peer->interval < INTERVAL ? INTERVAL : peer->interval * 2;
        if (peer->interval > INTERVAL_MOST) peer->interval = INTERVAL_MOST;
        peer->due = fe_clock_after(peer->interval);
    }
    if (verdict == VERDICT_NEVER) peer->filter.count = 0;
    if (verdict != VERDICT_TIME) return false;
    if (!sample_make(peer->sent, came, reply.received, reply.sent, &sample)) return false;
    sample.distance = reply.distance;
    filter_add(&peer->filter, &sample);
    return true;
}

bool peer_hear(struct peer *peer, fe_handle event, uint64_t bits)
{
    uint8_t packet[PACKET_SIZE + 512];
    bool is_told = false;
    while (peer->data != nullptr) {
        int64_t size = p9_read(peer->data, 0, packet, sizeof packet);
        int64_t came = (int64_t)fe_clock_realtime();
        if (size >= 0) {
            is_told |= heard(peer, packet, (size_t)size, came);
            continue;
        }
        int ready = size == -EAGAIN ? p9_poll(peer->data, READY_READ, event, bits) : -EIO;
        if (ready == 0) break;
        if (ready < 0) peer_end(peer);
    }
    return is_told;
}
