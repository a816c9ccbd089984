// SPDX-License-Identifier: MIT
// trace: records what the kernel does while a command runs, or for some time. See trace(1).
#include "trace.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static struct records records;
static int data = -1, control = -1, read_error;

struct options {
    const char *output, *kinds, *size;
    double seconds; // negative: as long as the command runs
    char **command; // its end is a null pointer; empty: none
};

static void fail(const char *what)
{
    fprintf(stderr, "trace: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void tell(const char *word, const char *value)
{
    char line[256];
    int size = snprintf(line, sizeof line, "%s %s", word, value);
    if (size >= (int)sizeof line) errno = E2BIG;
    if (size >= (int)sizeof line || write(control, line, (size_t)size) != size) fail(line);
}

static void *read_all(void *)
{
    read_error = records_read(&records, data);
    return nullptr;
}

static void stop(int)
{
    if (write(control, "stop", 4) != 4) _exit(1);
}

// Until `seconds` are over, or somebody has stopped us.
static void wait_for(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    nanosleep(&time, nullptr);
}

// The exit code of the command, as a shell tells it.
static int run(char **command)
{
    pid_t pid;
    int status, error = posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ);
    if (error != 0) {
        fprintf(stderr, "trace: %s: %s\n", command[0], strerror(error));
        return error == ENOENT ? 127 : 126;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) fail("wait");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int record(const struct options *options)
{
    pthread_t reader;
    int code = 0;
    struct sigaction action = {.sa_handler = stop};
    control = open("/dev/trace/ctl", O_WRONLY | O_CLOEXEC);
    if (control < 0) fail("/dev/trace/ctl");
    data = open("/dev/trace/data", O_RDONLY | O_CLOEXEC);
    if (data < 0) fail("/dev/trace/data");
    if (options->size != nullptr) tell("size", options->size);
    name_note_all();
    tell("start", options->kinds);
    if (pthread_create(&reader, nullptr, read_all, nullptr) != 0) fail("thread");
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    if (options->command[0] != nullptr)
        code = run(options->command);
    else
        wait_for(options->seconds);
    stop(0);
    pthread_join(reader, nullptr);
    name_note_all();
    close(data);
    if (read_error != 0) {
        errno = read_error;
        fail("/dev/trace/data");
    }
    return code;
}

static void write_out(const struct options *options)
{
    size_t *order = records_order(&records);
    if (order == nullptr) fail("records");
    FILE *file = fopen(options->output, "we");
    if (file == nullptr) fail(options->output);
    struct json json = {.file = file};
    json_begin(&json);
    uint64_t lost = convert(&records, order, &json) + records.missing;
    json_end(&json, lost);
    if (ferror(file) || fclose(file) != 0) fail(options->output);
    fprintf(stderr, "trace: %zu records in %s", records.count, options->output);
    fprintf(stderr, lost != 0 ? ", %llu lost\n" : "\n", (unsigned long long)lost);
    free(order);
}

static int usage(void)
{
    fputs("usage: trace [-o file] [-k kinds] [-s records] command [argument]...\n"
          "       trace [-o file] [-k kinds] [-s records] -t seconds\n",
          stderr);
    return 2;
}

int main(int count, char **arguments)
{
    struct options options = {.output = "trace.json", .kinds = "all", .seconds = -1};
    int option;
    while ((option = getopt(count, arguments, "+o:k:s:t:")) != -1) {
        char *end = "";
        switch (option) {
        case 'o': options.output = optarg; break;
        case 'k': options.kinds = optarg; break;
        case 's': options.size = optarg; break;
        case 't': options.seconds = strtod(optarg, &end); break;
        default: return usage();
        }
        if (*end != '\0' || (option == 't' && !(options.seconds >= 0 && options.seconds < 1e9)))
            return usage();
    }
    options.command = arguments + optind;
    if ((options.command[0] == nullptr) != (options.seconds >= 0)) return usage();
    int code = record(&options);
    write_out(&options);
    return code;
}
