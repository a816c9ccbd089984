// SPDX-License-Identifier: MIT
// httpd: serves files by HTTP and HTTPS.

#include "httpd.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 64 }; // connections at a time
struct options options = {.port = "80", .seconds = 30};
static struct connection *connections[MOST];
static struct pollfd waited[MOST + 1];

static const char usage[] =
    "usage: httpd [-p port] [-t seconds] [-c certificate -k key] folder [name=path]...\n";

static int complain(const char *who, const char *what)
{
    fprintf(stderr, "httpd: %s: %s\n", who, what);
    return -1;
}

static int port_open(const char *port)
{
    struct addrinfo *found,
        hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int error = getaddrinfo(nullptr, port, &hints, &found);
    if (error != 0) return complain(port, gai_strerror(error));
    int on = 1, fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, MOST) != 0 ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        complain(port, strerror(errno));
        if (fd >= 0) close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static void end(int place)
{
    connection_close(connections[place]);
    connections[place] = nullptr;
}

// A place for a new one: a free one, or that of who has waited between requests the longest. -1:
// all are busy.
static int place_find(void)
{
    int idle = -1;
    for (int i = 0; i < MOST; i++) {
        if (!connections[i]) return i;
        if (!connection_is_idle(connections[i])) continue;
        if (idle < 0 || connections[i]->deadline < connections[idle]->deadline) idle = i;
    }
    return idle;
}

static void take(int listener)
{
    int place = place_find();
    int fd = place < 0 ? -1 : accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (connections[place]) end(place);
    connections[place] = connection_begin(fd);
    if (!connections[place]) {
        close(fd);
        return;
    }
    connection_go_on(connections[place]);
}

// What is waited for, and for how many ms at most.
static int64_t waits_gather(int listener)
{
    int64_t first = INT32_MAX, time = now();
    waited[MOST] = (struct pollfd){.fd = place_find() < 0 ? -1 : listener, .events = POLLIN};
    for (int i = 0; i < MOST; i++) {
        waited[i] = (struct pollfd){.fd = -1};
        if (!connections[i]) continue;
        waited[i].fd = connections[i]->stream.fd;
        waited[i].events = connections[i]->waits == WAITS_TO_WRITE ? POLLOUT : POLLIN;
        int64_t left = connections[i]->waits == WENT ? 0 : connections[i]->deadline - time;
        if (left < first) first = left < 0 ? 0 : left;
    }
    return first;
}

static void serve(int listener)
{
    int64_t most = waits_gather(listener);
    if (poll(waited, MOST + 1, (int)most) < 0 && errno != EINTR) exit(EXIT_FAILURE);
    int64_t time = now();
    for (int i = 0; i < MOST; i++) {
        struct connection *connection = connections[i];
        if (!connection) continue;
        if (waited[i].revents || connection->waits == WENT) connection_go_on(connection);
        if (connection->stage != CLOSED && connection->deadline <= time) {
            connection_expire(connection);
            connection_go_on(connection);
        }
        if (connection->stage == CLOSED) end(i);
    }
    if (waited[MOST].revents) take(listener);
}

static bool served_add(char *word)
{
    enum : size_t { ROOM = sizeof options.served / sizeof *options.served };
    struct served *served = &options.served[options.served_count];
    char *path = strchr(word, '=');
    if (options.served_count++ == ROOM) return false;
    if (path) *path++ = '\0';
    *served = (struct served){.name = path ? word : "", .path = path ? path : word};
    size_t size = strlen(served->path); // what is asked for begins with a slash
    if (size > 0 && served->path[size - 1] == '/') ((char *)served->path)[size - 1] = '\0';
    return true;
}

int main(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "p:t:c:k:")) != -1) {
        switch (option) {
        case 'p': options.port = optarg; break;
        case 't': options.seconds = atoi(optarg); break;
        case 'c': options.certificate = optarg; break;
        case 'k': options.key = optarg; break;
        default: return fputs(usage, stderr), 2;
        }
    }
    if (optind == count || options.seconds < 1 || options.seconds > 3600 ||
        !options.certificate != !options.key)
        return fputs(usage, stderr), 2;
    for (int i = optind; i < count; i++) {
        if (!served_add(words[i])) return fputs(usage, stderr), 2;
    }
    if (options.certificate) {
        enum tls_status status = tls_identity_check(options.certificate, options.key);
        if (status != TLS_OK) return complain(options.certificate, tls_text(status)), EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    int listener = port_open(options.port);
    if (listener < 0) return EXIT_FAILURE;
    for (;;) serve(listener);
}
