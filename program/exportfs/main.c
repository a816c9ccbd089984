// SPDX-License-Identifier: MIT
// exportfs: serves a folder of the namespace as 9P2000.L. Every connection is served by a process
// of its own, which this program starts and which has the connection as its standard input and
// output. See exportfs(1).
#include "exportfs.h"

#include <errno.h>
#include <names/names.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread/thread.h>
#include <unistd.h>

struct export export = {.in = STDIN_FILENO, .out = STDOUT_FILENO};

struct options {
    bool is_served; // on standard input
    uint16_t port;
    const char *key;
    char folder[FE_PATH_MAX];
};

static char **own_arguments;
static int own_count;

static int usage(void)
{
    fputs("usage: exportfs [-w] [-k key] [-p port | -i] folder\n", stderr);
    return 2;
}

static int complain(const char *what)
{
    fprintf(stderr, "exportfs: ");
    perror(what);
    return 1;
}

static bool read_port(const char *text, uint16_t *port)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    *port = (uint16_t)number;
    return *end == '\0' && end != text && number > 0 && number <= UINT16_MAX;
}

static bool load_key(const char *name)
{
    static uint8_t key[KEY_SIZE];
    char path[FE_PATH_MAX];
    int result = names_path(name, path) == 0 ? key_load(path, key) : -errno;
    export.key = key;
    if (result == 0) return true;
    fprintf(stderr, "exportfs: %s: %s\n", name, key_complaint(result));
    return false;
}

static bool read_options(struct options *options, int count, char **arguments)
{
    int option;
    while ((option = getopt(count, arguments, "ik:p:w")) != -1) {
        switch (option) {
        case 'i': options->is_served = true; break;
        case 'k': options->key = optarg; break;
        case 'p':
            if (!read_port(optarg, &options->port)) return false;
            break;
        case 'w': export.may_write = true; break;
        default: return false;
        }
    }
    return count - optind == 1 && names_path(arguments[optind], options->folder) == 0;
}

// The same program on the connection; its pid, or -1.
static pid_t start_copy(int connection, char **arguments)
{
    posix_spawn_file_actions_t files;
    pid_t child;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, connection, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, connection, STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&files, connection);
    int error = posix_spawn(&child, "/proc/self/exe", &files, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    return error == 0 ? child : -1;
}

static void *serve_connection(void *argument)
{
    int connection = (int)(intptr_t)argument, status;
    char **arguments = calloc((size_t)own_count + 2, sizeof *arguments);
    pid_t child = -1;
    if (arguments) {
        arguments[0] = own_arguments[0];
        arguments[1] = "-i";
        for (int i = 1; i < own_count; i++) arguments[1 + i] = own_arguments[i];
        child = start_copy(connection, arguments);
    }
    free(arguments);
    close(connection);
    if (child > 0) waitpid(child, &status, 0);
    return nullptr;
}

static bool start_connection(int connection)
{
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return thread_run(serve_connection, (void *)(intptr_t)connection);
}

static int listen_at(uint16_t port)
{
    enum : int { BACKLOG = 16 };
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    int on = 1, made = socket(AF_INET6, SOCK_STREAM, 0);
    if (made < 0) return complain("socket");
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(made, (struct sockaddr *)&address, sizeof address) != 0 || listen(made, BACKLOG) != 0)
        return complain("listen");
    for (;;) {
        int connection = accept(made, nullptr, nullptr);
        if (connection < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (connection < 0) return complain("accept");
        if (!start_connection(connection)) close(connection);
    }
}

int main(int count, char **arguments)
{
    struct options options = {.port = 564};
    own_arguments = arguments;
    own_count = count;
    if (!read_options(&options, count, arguments)) return usage();
    struct stat at;
    if (stat(options.folder, &at) != 0) return complain(options.folder);
    if (!S_ISDIR(at.st_mode)) {
        errno = ENOTDIR;
        return complain(options.folder);
    }
    if (options.key && !load_key(options.key)) return 1;
    if (!options.is_served) return listen_at(options.port);
    int result = tree_use(options.folder);
    if (result == 0) connection_serve();
    errno = -result;
    return complain(options.folder);
}
