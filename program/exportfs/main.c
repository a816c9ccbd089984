// SPDX-License-Identifier: MIT
// exportfs: serves a folder of the namespace as 9P2000.L. Every connection is served by a process
// of its own, which this program starts (listen.c) and which has the connection as its standard
// input and output. See exportfs(1).
#include "exportfs.h"

#include <errno.h>
#include <names/names.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct export export = {.in = STDIN_FILENO, .out = STDOUT_FILENO, .patience = 60};

struct options {
    bool is_served; // on standard input
    uint16_t port;
    const char *key;
    char folder[FE_PATH_MAX];
};

static int usage(void)
{
    fputs("usage: exportfs [-w] [-k key] [-T seconds] [-p port | -i] folder\n", stderr);
    return 2;
}

int complain(const char *what)
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
    while ((option = getopt(count, arguments, "ik:p:T:w")) != -1) {
        switch (option) {
        case 'i': options->is_served = true; break;
        case 'k': options->key = optarg; break;
        case 'p':
            if (!read_port(optarg, &options->port)) return false;
            break;
        case 'T': export.patience = (unsigned)strtoul(optarg, nullptr, 10); break;
        case 'w': export.may_write = true; break;
        default: return false;
        }
    }
    return count - optind == 1 && names_path(arguments[optind], options->folder) == 0;
}

int main(int count, char **arguments)
{
    struct options options = {.port = 564};
    if (!read_options(&options, count, arguments)) return usage();
    struct stat at;
    if (stat(options.folder, &at) != 0) return complain(options.folder);
    if (!S_ISDIR(at.st_mode)) {
        errno = ENOTDIR;
        return complain(options.folder);
    }
    if (options.key && !load_key(options.key)) return 1;
    if (!options.is_served) return listen_at(options.port, count, arguments);
    int result = tree_use(options.folder);
    if (result == 0) connection_serve();
    errno = -result;
    return complain(options.folder);
}
