// SPDX-License-Identifier: MIT
// import: mounts the files of a 9P2000.L server that is reached over TCP. A copy of the program
// stays behind and serves them; this one ends when they are mounted. See import(1).
#include "import.h"

#include <9key/key.h>
#include <9p/mount.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <names/names.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
    uint32_t flags;
    int ready; // where to say that the files are mounted; -1: we are the first copy
    const char *user, *tree, *key;
    unsigned patience; // seconds
    char host[256];
    const char *port;
    char path[FE_PATH_MAX];
};

static int usage(void)
{
    fputs(
        "usage: import [-a | -b] [-c] [-k key] [-T seconds] [-t tree] [-u user] host[:port] path\n",
        stderr);
    return 2;
}

// `host`, `host:port` or `[address]:port`.
static bool read_address(struct options *options, const char *text)
{
    bool is_bracketed = *text == '[';
    const char *end = is_bracketed ? strchr(text, ']') : strchr(text, ':');
    if (is_bracketed && end == nullptr) return false;
    size_t size = end ? (size_t)(end - text) - is_bracketed : strlen(text);
    if (size == 0 || size >= sizeof options->host) return false;
    memcpy(options->host, text + is_bracketed, size);
    options->host[size] = '\0';
    if (end) end += is_bracketed;
    options->port = end && *end == ':' ? end + 1 : "564";
    return end == nullptr || *end == '\0' || (*end == ':' && end[1] != '\0');
}

static bool read_options(struct options *options, int count, char **arguments)
{
    int option;
    while ((option = getopt(count, arguments, "abck:r:T:t:u:")) != -1) {
        switch (option) {
        case 'k': options->key = optarg; break;
        case 'r': options->ready = atoi(optarg); break;
        case 'T': options->patience = (unsigned)strtoul(optarg, nullptr, 10); break;
        case 't': options->tree = optarg; break;
        case 'u': options->user = optarg; break;
        default:
            if (!names_option(option, &options->flags)) return false;
        }
    }
    return count - optind == 2 && read_address(options, arguments[optind]) &&
           names_path(arguments[optind + 1], options->path) == 0;
}

// Starts the copy that stays, in a session of its own, and waits until it says that it is ready, or
// has ended after saying why not.
static int start_copy(int count, char **arguments)
{
    int ends[2];
    char number[16], **copy = calloc((size_t)count + 3, sizeof *copy);
    if (copy == nullptr || pipe(ends) != 0) {
        perror("import");
        return 1;
    }
    snprintf(number, sizeof number, "%d", ends[1]);
    copy[0] = arguments[0];
    copy[1] = "-r";
    copy[2] = number;
    for (int i = 1; i < count; i++) copy[2 + i] = arguments[i];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    pid_t child = -1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addclose(&files, ends[0]);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSID);
    errno = posix_spawn(&child, "/proc/self/exe", &files, &how, copy, environ);
    if (errno != 0) {
        perror("import");
        child = -1;
    }
    close(ends[1]);
    char answer;
    ssize_t said = child < 0 ? -1 : read(ends[0], &answer, 1);
    if (said == 1) return 0;
    int status = 0;
    if (child > 0) waitpid(child, &status, 0);
    return 1;
}

static void say_ready(const struct options *options)
{
    int nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3 && nothing >= 0; i++) dup2(nothing, i);
    (void)!write(options->ready, "", 1);
    close(options->ready);
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "import: %s: %s\n", what, why);
    return 1;
}

static bool load_key(struct import *import, const char *name)
{
    static uint8_t key[KEY_SIZE];
    char path[FE_PATH_MAX];
    int result = names_path(name, path) == 0 ? key_load(path, key) : -errno;
    import->key = key;
    return result == 0 || complain(name, key_complaint(result)) == 0;
}

static int serve(const struct options *options)
{
    static struct tcp tcp = {.socket = -1};
    static struct import import = {.transport = &tcp_transport, .context = &tcp, .ends = true};
    tcp.host = options->host;
    tcp.port = options->port;
    import.user = options->user;
    import.tree = options->tree;
    import.patience = options->patience * UINT64_C(1'000'000'000);
    if (options->key && !load_key(&import, options->key)) return 1;
    FE_HANDLE connector = FE_NO_HANDLE;
    int result = import_open(&import, getuid(), getgid(), &connector);
    if (result != 0) return complain(options->host, strerror(-result));
    result = import_start(&import);
    if (result == 0) result = p9_mount(connector, "", options->path, options->flags);
    if (result != 0) return complain(options->path, strerror(-result));
    fe_handle_drop(&connector);
    if (chdir("/") != 0) return complain("/", strerror(errno));
    say_ready(options);
    import_serve(&import);
}

int main(int count, char **arguments)
{
    struct options options = {.ready = -1, .user = "nobody", .tree = "", .patience = 60};
    if (!read_options(&options, count, arguments)) return usage();
    return options.ready < 0 ? start_copy(count, arguments) : serve(&options);
}
