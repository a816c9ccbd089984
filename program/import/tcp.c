// SPDX-License-Identifier: MIT
// Frames over TCP: they follow each other in the stream. One thread reads replies and hands them to
// whom they are for; requests are written whole, one after the other.
#include "import.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Until there is something to read, or the connection is given up.
static bool is_readable(const struct tcp *tcp)
{
    struct pollfd ends[2] = {{.fd = tcp->socket, .events = POLLIN},
                             {.fd = tcp->stop[0], .events = POLLIN}};
    int ready;
    do {
        ready = poll(ends, 2, -1);
    } while (ready < 0 && errno == EINTR);
    return ready > 0 && ends[1].revents == 0;
}

static int read_whole(const struct tcp *tcp, uint8_t *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        if (!is_readable(tcp)) return -EIO;
        ssize_t count = read(tcp->socket, to + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -EIO;
        done += (size_t)count;
    }
    return 0;
}

static int write_whole(int to, const uint8_t *from, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = send(to, from + done, size - done, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return -EIO;
        done += (size_t)count;
    }
    return 0;
}

// One reply; a negative errno when the connection is of no use any more.
static int take_reply(struct import *import, const struct tcp *tcp)
{
    uint8_t header[WIRE_HEADER];
    if (read_whole(tcp, header, sizeof header) != 0) return -EIO;
    uint32_t size = wire_size(header);
    struct import_exchange *exchange = import_expect(import, header);
    if (size < sizeof header || exchange == nullptr) return -EPROTO;
    memcpy(exchange->reply, header, sizeof header);
    int result = read_whole(tcp, exchange->reply + sizeof header, size - sizeof header);
    if (result == 0) import_answer(import, exchange, size);
    return result;
}

static void *read_replies(void *argument)
{
    struct import *import = argument;
    const struct tcp *tcp = import->context;
    int result;
    do {
        result = take_reply(import, tcp);
    } while (result == 0);
    shutdown(tcp->socket, SHUT_RDWR);
    import_lost(import);
    return nullptr;
}

static int connect_to(const struct addrinfo *address)
{
    int made = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (made < 0) return -errno;
    int on = 1;
    if (connect(made, address->ai_addr, address->ai_addrlen) != 0) {
        int error = errno;
        close(made);
        return -error;
    }
    // Requests are short and wait for their answers; a peer that has vanished is noticed.
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(made, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return made;
}

// The first address of the host that answers.
static int dial(const struct tcp *tcp)
{
    struct addrinfo *list, wish = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(tcp->host, tcp->port, &wish, &list) != 0) return -EHOSTUNREACH;
    int made = -EHOSTUNREACH;
    for (const struct addrinfo *at = list; at && made < 0; at = at->ai_next) made = connect_to(at);
    freeaddrinfo(list);
    return made;
}

static int tcp_open(struct import *import)
{
    struct tcp *tcp = import->context;
    if (tcp->has_reader) pthread_join(tcp->reader, nullptr);
    tcp->has_reader = false;
    if (tcp->socket >= 0) {
        close(tcp->socket);
        close(tcp->stop[0]);
        close(tcp->stop[1]);
    }
    tcp->socket = dial(tcp);
    if (tcp->socket < 0) return tcp->socket;
    if (pipe(tcp->stop) != 0) {
        int error = errno;
        close(tcp->socket);
        tcp->socket = -1;
        return -error;
    }
    int error = pthread_create(&tcp->reader, nullptr, read_replies, import);
    tcp->has_reader = error == 0;
    return -error;
}

// A connection that does not take a whole frame is of no use any more: its end tells the reader.
static int tcp_send(struct import *import, const struct import_exchange *exchange)
{
    struct tcp *tcp = import->context;
    fe_lock_take(&tcp->sending);
    int result = write_whole(tcp->socket, exchange->frame, exchange->size);
    fe_lock_release(&tcp->sending);
    if (result != 0) shutdown(tcp->socket, SHUT_RDWR);
    return result;
}

static void tcp_close(struct import *import)
{
    const struct tcp *tcp = import->context;
    (void)!write(tcp->stop[1], "", 1);
}

const struct import_transport tcp_transport = {
    .open = tcp_open,
    .send = tcp_send,
    .close = tcp_close,
    .message_most = WIRE_MOST,
};
