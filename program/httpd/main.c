// SPDX-License-Identifier: MIT
// httpd: serves files by HTTP and HTTPS.

#include "httpd.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/log.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct options options = {.port = "80", .seconds = 30};
static struct {
    int fd; // -1: not listened at
    bool is_plain;
} listeners[] = {{-1, true}, {-1, false}};
enum { LISTENERS = sizeof listeners / sizeof *listeners };
static struct pollfd waited[MOST + LISTENERS];

static const char usage[] =
    "usage: httpd [-S] [-p port] [-s port] [-t seconds] [-u user]\n"
    "             [-c certificate -k key [-g host]] folder [name=path]...\n";

// To the log where init started it, which gives it no descriptors.
static int complain(const char *who, const char *what)
{
    if (fprintf(stderr, "httpd: %s: %s\n", who, what) < 0) fe_log("%s: %s", who, what);
    return -1;
}

// At every address, of IPv6 and of IPv4.
static int port_open(const char *port)
{
    struct addrinfo *found,
        hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
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

static bool ports_open(void)
{
    const char *const ports[] = {options.port, options.tls_port};
    for (int i = 0; i < LISTENERS; i++) {
        if (!ports[i]) continue;
        listeners[i].fd = port_open(ports[i]);
        if (listeners[i].fd < 0) return false;
    }
    return true;
}

// Errors that are of one call or pass by. After another the listener is none any more, as when the
// service of the network ended: who is started again has the next one's.
static bool is_passing(int error)
{
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EMFILE ||
           error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void take(int listener, bool is_plain)
{
    struct sockaddr_in6 peer = {};
    socklen_t size = sizeof peer;
    int fd = accept4(listener, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && is_passing(errno)) return;
    if (fd < 0) {
        complain("accept", strerror(errno));
        exit(EXIT_FAILURE);
    }
    int place = place_make(&peer.sin6_addr);
    if (place >= 0) connections[place] = connection_begin(fd, is_plain, &peer.sin6_addr);
    if (place < 0 || !connections[place])
        close(fd);
    else
        connection_go_on(connections[place]);
}

// What is waited for, and for how many ms at most.
static int64_t waits_gather(void)
{
    int64_t first = INT32_MAX, time = now();
    bool has_place = place_is_there();
    for (int i = 0; i < LISTENERS; i++)
        waited[MOST + i] =
            (struct pollfd){.fd = has_place ? listeners[i].fd : -1, .events = POLLIN};
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

static void serve(void)
{
    int64_t most = waits_gather();
    if (poll(waited, MOST + LISTENERS, (int)most) < 0 && errno != EINTR) exit(EXIT_FAILURE);
    int64_t time = now();
    for (int i = 0; i < MOST; i++) {
        struct connection *connection = connections[i];
        if (!connection) continue;
        if (waited[i].revents || connection->waits == WENT) connection_go_on(connection);
        if (connection->stage != CLOSED && connection->deadline <= time) {
            connection_expire(connection);
            connection_go_on(connection);
        }
        if (connection->stage == CLOSED) place_clear(i);
    }
    for (int i = 0; i < LISTENERS; i++) {
        if (waited[MOST + i].revents) take(listeners[i].fd, listeners[i].is_plain);
    }
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

// What it could do until now is what its parent could.
static bool user_become(const char *name)
{
    if (!name) return true;
    struct passwd *user = getpwnam(name);
    if (!user) return complain(name, "no such user"), false;
    if (setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0) return true;
    return complain(name, strerror(errno)), false;
}

enum : size_t { HOST_MOST = 64 }; // of what a certificate calls its owner: RFC 5280, appendix A.1

static bool is_host(const char *name)
{
    static const char letters[] =
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t size = strlen(name);
    return size > 0 && size <= HOST_MOST && strspn(name, letters) == size;
}

// "." is the machine itself.
static bool host_choose(void)
{
    static char name[HOST_MOST + 1];
    if (!options.host) return true;
    if (strcmp(options.host, ".") == 0 && gethostname(name, sizeof name) == 0) options.host = name;
    return is_host(options.host) || complain(options.host, "is no name of a host") == 0;
}

static bool identity_get(void)
{
    bool is_kept = true;
    enum tls_status status;
    if (!options.key) return true;
    if (!host_choose()) return false;
    if (options.host)
        status = tls_identity_keep(&options.identity, options.certificate, options.key,
                                   options.host, &is_kept);
    else
        status = tls_identity_read(&options.identity, options.certificate, options.key);
    if (!is_kept) complain(options.key, "a new key, for as long as this runs");
    return status == TLS_OK || complain(options.certificate, tls_text(status)) == 0;
}

static bool options_read(int count, char **words)
{
    int option;
    while ((option = getopt(count, words, "Sp:s:t:u:c:k:g:")) != -1) {
        switch (option) {
        case 'S': options.has_state = true; break;
        case 'p': options.port = optarg; break;
        case 's': options.tls_port = optarg; break;
        case 't': options.seconds = atoi(optarg); break;
        case 'u': options.user = optarg; break;
        case 'c': options.certificate = optarg; break;
        case 'k': options.key = optarg; break;
        case 'g': options.host = optarg; break;
        default: return false;
        }
    }
    if (optind == count || options.seconds < 1 || options.seconds > 3600) return false;
    if (!options.certificate != !options.key) return false;
    if ((options.tls_port || options.host) && !options.key) return false;
    if (options.key && !options.tls_port) options.tls_port = options.port, options.port = nullptr;
    for (int i = optind; i < count; i++) {
        if (!served_add(words[i])) return false;
    }
    return true;
}

int main(int count, char **words)
{
    if (!options_read(count, words)) return fputs(usage, stderr), 2;
    signal(SIGPIPE, SIG_IGN);
    if (!identity_get() || !ports_open() || !user_become(options.user)) return EXIT_FAILURE;
    for (;;) serve();
}
