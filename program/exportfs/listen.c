// SPDX-License-Identifier: MIT
// The port: each connection gets a process. Their number is limited, in all and for one address, so
// that nobody takes all of the memory, nor all of the places.
#include "exportfs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread/thread.h>
#include <unistd.h>

enum : uint32_t { CONNECTIONS_MOST = 64, PEER_MOST = 16 };

struct connection {
    struct connection *next;
    int socket;
    struct in6_addr peer;
};

static struct fe_lock lock;
static struct connection *connections;
static bool is_full_told; // until one ends
static char **copy_arguments;

void peer_name(int connection, char name[PEER_NAME])
{
    struct sockaddr_in6 peer = {};
    socklen_t size = sizeof peer;
    bool is_known = getpeername(connection, (struct sockaddr *)&peer, &size) == 0 &&
                    inet_ntop(AF_INET6, &peer.sin6_addr, name, PEER_NAME) != nullptr;
    if (!is_known) strcpy(name, "the client");
}

// The same program on the connection; its pid, or -1.
static pid_t start_copy(int connection)
{
    posix_spawn_file_actions_t files;
    pid_t child;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, connection, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, connection, STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&files, connection);
    int error = posix_spawn(&child, "/proc/self/exe", &files, nullptr, copy_arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    return error == 0 ? child : -1;
}

// It has a place as long as the process lives that serves it.
static void leave(struct connection *connection)
{
    fe_lock_take(&lock);
    struct connection **at = &connections;
    while (*at != connection) at = &(*at)->next;
    *at = connection->next;
    is_full_told = false;
    fe_lock_release(&lock);
    free(connection);
}

static void *serve_connection(void *argument)
{
    struct connection *connection = argument;
    int status;
    pid_t child = start_copy(connection->socket);
    close(connection->socket);
    if (child > 0) waitpid(child, &status, 0);
    leave(connection);
    return nullptr;
}

// False: there are too many, or too many of this peer.
static bool enter(struct connection *connection)
{
    uint32_t all = 0, its = 0;
    fe_lock_take(&lock);
    for (const struct connection *other = connections; other; other = other->next) {
        all++;
        its += memcmp(&other->peer, &connection->peer, sizeof other->peer) == 0;
    }
    bool has_place = all < CONNECTIONS_MOST && its < PEER_MOST;
    bool is_told = is_full_told;
    if (has_place) {
        connection->next = connections;
        connections = connection;
    } else {
        is_full_told = true;
    }
    fe_lock_release(&lock);
    if (!has_place && !is_told) {
        char name[PEER_NAME];
        peer_name(connection->socket, name);
        fprintf(stderr, "exportfs: %s: %u connections of it, %u in all, more are hung up on\n",
                name, its, all);
    }
    return has_place;
}

static bool start_connection(int socket, const struct sockaddr_in6 *peer)
{
    int on = 1;
    struct connection *connection = malloc(sizeof *connection);
    if (connection == nullptr) return false;
    *connection = (struct connection){.socket = socket, .peer = peer->sin6_addr};
    if (!enter(connection)) {
        free(connection);
        return false;
    }
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (thread_run(serve_connection, connection)) return true;
    leave(connection);
    return false;
}

static bool set_arguments(int count, char **arguments)
{
    copy_arguments = calloc((size_t)count + 2, sizeof *copy_arguments);
    if (copy_arguments == nullptr) return false;
    copy_arguments[0] = arguments[0];
    copy_arguments[1] = "-i";
    for (int i = 1; i < count; i++) copy_arguments[1 + i] = arguments[i];
    return true;
}

int listen_at(uint16_t port, int count, char **arguments)
{
    enum : int { BACKLOG = 16 };
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    char name[sizeof "port 65535"];
    int on = 1, made = socket(AF_INET6, SOCK_STREAM, 0);
    snprintf(name, sizeof name, "port %u", port);
    if (made < 0) return complain("socket");
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(made, (struct sockaddr *)&address, sizeof address) != 0 || listen(made, BACKLOG) != 0)
        return complain(name);
    if (!set_arguments(count, arguments)) return complain("listen");
    for (;;) {
        struct sockaddr_in6 peer = {};
        socklen_t size = sizeof peer;
        int connection = accept(made, (struct sockaddr *)&peer, &size);
        if (connection < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (connection < 0) return complain("accept");
        if (!start_connection(connection, &peer)) close(connection);
    }
}
