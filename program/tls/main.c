// SPDX-License-Identifier: MIT
// tls: a TLS 1.3 connection between a host, or a descriptor that is connected already, and standard
// input and output.

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <tls/tls.h>
#include <unistd.h>

// Of a connection that somebody else made: that a request is whole is not told to the other side,
// for many servers take it as the end of everything.
static bool end_is_kept;

static const char usage[] = "usage: tls [-k] [-C authorities] [-f fd] host [port]\n"
                            "       tls -l port certificate key\n";

static int complain(const char *who, const char *what)
{
    fprintf(stderr, "tls: %s: %s\n", who, what);
    return -1;
}

static int host_dial(const char *host, const char *port)
{
    struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM};
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) return complain(host, gai_strerror(error));
    int fd = -1;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) == 0) continue;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd < 0 ? complain(host, strerror(errno)) : fd;
}

// Takes one connection, by IPv4 or by IPv6.
static int port_take(const char *port)
{
    struct addrinfo *found,
        hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int error = getaddrinfo(nullptr, port, &hints, &found);
    if (error != 0) return complain(port, gai_strerror(error));
    int fd = -1, listener = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (listener >= 0 && bind(listener, found->ai_addr, found->ai_addrlen) == 0 &&
        listen(listener, 1) == 0)
        fd = accept(listener, nullptr, nullptr);
    if (fd < 0) complain(port, strerror(errno));
    if (listener >= 0) close(listener);
    freeaddrinfo(found);
    return fd;
}

static bool all_written(const char *from, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, from, size);
        if (written < 0) return false;
        from += written;
        size -= (size_t)written;
    }
    return true;
}

// One piece out of standard input.
static enum tls_status input_pass(struct tls *tls, struct pollfd *input)
{
    char piece[16384];
    ssize_t got = read(STDIN_FILENO, piece, sizeof piece);
    if (got > 0) return tls_write(tls, piece, (size_t)got);
    input->fd = -1;
    return end_is_kept ? TLS_OK : tls_end(tls);
}

// Until the other side ends its part, or nobody is there to whom that could go.
static enum tls_status relay(struct tls *tls, int fd)
{
    struct pollfd waited[3] = {{.fd = fd, .events = POLLIN},
                               {.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = STDOUT_FILENO}};
    enum tls_status status = TLS_OK;
    while (status == TLS_OK) {
        bool is_ready = tls_pending(tls) > 0;
        if (!is_ready && poll(waited, 3, -1) < 0) return TLS_CONNECTION;
        if (!is_ready && waited[2].revents) return TLS_OK;
        if (!is_ready && waited[1].fd >= 0 && waited[1].revents)
            status = input_pass(tls, &waited[1]);
        if (status != TLS_OK || (!is_ready && !waited[0].revents)) continue;
        char piece[16384];
        size_t got;
        status = tls_read(tls, piece, sizeof piece, &got);
        if (status == TLS_OK && got == 0) return TLS_OK;
        if (status == TLS_OK && !all_written(piece, got)) {
            complain("standard output", strerror(errno));
            return TLS_OK;
        }
    }
    return status;
}

static int finish(struct tls *tls, int fd, const char *who, enum tls_status status)
{
    if (status == TLS_OK) status = relay(tls, fd);
    tls_close(tls);
    close(fd);
    if (status == TLS_OK) return EXIT_SUCCESS;
    complain(who, tls_text(status));
    return EXIT_FAILURE;
}

static int serve(const char *port, const char *certificate, const char *key)
{
    struct tls_identity *identity;
    enum tls_status status = tls_identity_read(&identity, certificate, key);
    if (status != TLS_OK) return complain(certificate, tls_text(status)), EXIT_FAILURE;
    int fd = port_take(port);
    if (fd < 0) return EXIT_FAILURE;
    struct tls *tls;
    status = tls_accept(&tls, fd, identity);
    int code = finish(tls, fd, port, status);
    tls_identity_free(identity);
    return code;
}

// An address of IPv6 as URLs have it, without its brackets.
static char *host_plain(char *host)
{
    size_t size = strlen(host);
    if (size < 2 || host[0] != '[' || host[size - 1] != ']') return host;
    host[size - 1] = '\0';
    return host + 1;
}

int main(int count, char **words)
{
    struct tls_trust trust = {.is_checked = true, .authorities = getenv("SSL_CERT_FILE")};
    bool is_server = false;
    int fd = -1, option;
    while ((option = getopt(count, words, "lkC:f:")) != -1) {
        if (option == 'l')
            is_server = true;
        else if (option == 'k')
            trust.is_checked = false;
        else if (option == 'C')
            trust.authorities = optarg;
        else if (option == 'f')
            fd = atoi(optarg);
        else
            return fputs(usage, stderr), 2;
    }
    int left = count - optind;
    words += optind;
    if (is_server && left == 3) return serve(words[0], words[1], words[2]);
    if (is_server || left < 1 || left > 2) return fputs(usage, stderr), 2;
    trust.host = host_plain(words[0]);
    end_is_kept = fd >= 0;
    if (fd < 0) fd = host_dial(trust.host, left == 2 ? words[1] : "443");
    if (fd < 0) return EXIT_FAILURE;
    struct tls *tls;
    enum tls_status status = tls_connect(&tls, fd, &trust);
    return finish(tls, fd, trust.host, status);
}
