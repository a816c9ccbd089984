// SPDX-License-Identifier: MIT
// The server's part that does not depend on the file system.
#include "fileserver_internal.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/handle.h>
#include <ferrite/log.h>
#include <ferrite/path.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <names/names.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

enum : uint64_t { COMMIT_AFTER = 5'000'000'000 };

struct p9_server server;
const struct file_system *served;
static bool is_waiting; // for the time of a commit

static void signalled(struct p9_server *unused, uint64_t bits)
{
    if (bits & BIT_SHORT) room_give();
    if ((bits & BIT_COMMIT) == 0) return;
    is_waiting = false;
    int result = served->commit(true);
    (void)result; // told, and the volume is closed for writing
}

// To the log; by a server that was started by hand, and has no part in it, to its standard error.
[[gnu::format(printf, 1, 2)]] static void tell(const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    size_t size = fe_format_list(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    fe_log("%s", line);
    if (fe_start_handle("debug") != FE_NO_HANDLE) return;
    if (fe_start_handle("resource/debug") != FE_NO_HANDLE) return;
    line[size++] = '\n';
    (void)!write(STDERR_FILENO, line, size);
}

static char reason[128]; // empty: nobody has told one

int file_system_refuse(int result, const char *format, ...)
{
    va_list arguments;
    if (reason[0] != '\0') return result;
    va_start(arguments, format);
    (void)fe_format_list(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return result;
}

// The session that others get: user 0's, whose programs give it on as somebody else's.
static int post(const char *service)
{
    char path[FE_PATH_MAX];
    FE_HANDLE connector = FE_NO_HANDLE;
    fe_format(path, sizeof path, "/srv/%s", service);
    if (p9_connector(&server, nullptr, 0, 0, &connector) != OK) return -ENOMEM;
    if (names_post(connector, path, 0600) == 0) return 0;
    int error = errno;
    tell("%s: cannot be posted: %s", path, strerror(error));
    return -error;
}

static int serve(const char *service, struct p9_node *root)
{
    server.name = served->name;
    server.root = root;
    server.is_lasting = served->is_lasting;
    server.signalled = signalled;
    enum status status = p9_server_init(&server);
    if (status == OK) room_watch();
    if (status == OK && service && post(service) != 0) return 1;
    if (status == OK) status = p9_server_ready(&server, "", nullptr);
    if (status == OK) p9_serve(&server);
    tell("cannot start: %s", fe_status_text(status));
    return 1;
}

struct options {
    bool is_read_only;
    const char *label, *service, *path;
};

static bool option_read(struct options *options, int letter)
{
    switch (letter) {
    case 'r': options->is_read_only = true; return true;
    case 'l': options->label = optarg; return true;
    case 's': options->service = optarg; return true;
    case '?': return false;
    default: return served->option && served->option(letter, optarg);
    }
}

static bool options_read(struct options *options, int count, char **arguments)
{
    char letters[32];
    int letter;
    fe_format(letters, sizeof letters, "rl:s:%s", served->letters ?: "");
    while ((letter = getopt(count, arguments, letters)) != -1) {
        if (!option_read(options, letter)) return false;
    }
    if (optind + (options->label == nullptr) != count) return false;
    options->path = arguments[optind];
    return true;
}

int file_system_main(const struct file_system *system, int count, char **arguments)
{
    static char found[FE_PATH_MAX];
    struct options options = {};
    struct p9_node *root;
    served = system;
    if (!options_read(&options, count, arguments)) {
        tell("usage: %s [-r] [-s SERVICE]%s { DISK | -l LABEL }", system->name,
             system->usage ?: "");
        return 2;
    }
    if (options.label) {
        if (system->find(options.label, found, sizeof found) != 0) return 0;
        options.path = found;
    }
    int result = system->open(options.path, options.is_read_only, &root);
    if (result == 0) return serve(options.service, root);
    tell("%s: cannot be mounted: %s", options.path, reason[0] != '\0' ? reason : strerror(-result));
    return options.label ? 0 : 1; // the machine goes on without it
}

void file_system_changed(void)
{
    if (is_waiting) return;
    is_waiting = fe_event_arm(server.event, BIT_COMMIT, fe_clock_after(COMMIT_AFTER), 0) == OK;
}
