// SPDX-License-Identifier: MIT
// services: how every service is, and starting and stopping them. See services(1).
#include <errno.h>
#include <proc/proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// init's units, then the device manager's drivers, where there is one.
static constexpr char units[] = "/dev/services", drivers[] = "/dev/device/drivers";

static int usage(void)
{
    fputs("usage: services [start | stop | restart | hang | spin | fault NAME...]\n", stderr);
    return 2;
}

static int failed(const char *what)
{
    fprintf(stderr, "services: %s: %s\n", what, strerror(errno));
    return 1;
}

static bool order(const char *path, const char *word, const char *name)
{
    FILE *file = fopen(path, "we");
    if (file == nullptr) return false;
    fprintf(file, "%s %s\n", word, name);
    return fclose(file) == 0;
}

static int command(const char *word, char **names)
{
    int result = 0;
    for (; *names != nullptr; names++) {
        if (order(units, word, *names)) continue;
        if (errno != ENOENT || !order(drivers, word, *names)) result = failed(*names);
    }
    return result;
}

// What a line of such a file has: name, state, then pairs of word and figure, at last `error` and
// words to the end of the line.
enum figure : uint32_t { READY, RESTARTS, MEMORY, TIME, HANDLES, THREADS, FIGURES };
static const char *const figures[] = {"ready", "restarts", "memory", "time", "handles", "threads"};

static bool read_figures(char **rest, unsigned long long values[FIGURES])
{
    const char *word;
    while ((word = strtok_r(nullptr, " ", rest)) != nullptr && strcmp(word, "error") != 0) {
        const char *figure = strtok_r(nullptr, " ", rest);
        if (figure == nullptr) return false;
        for (uint32_t i = 0; i < FIGURES; i++) {
            if (strcmp(word, figures[i]) == 0) values[i] = strtoull(figure, nullptr, 10);
        }
    }
    return word != nullptr;
}

// For how long it has been ready.
static void tell_since(unsigned long long ready, char *text, size_t size)
{
    struct timespec now;
    snprintf(text, size, "-");
    if (ready == 0 || clock_gettime(CLOCK_MONOTONIC, &now) != 0) return;
    unsigned long long seconds = (unsigned long long)now.tv_sec - ready / 1'000'000'000;
    if (seconds >= 86400)
        snprintf(text, size, "%llud %02lluh", seconds / 86400, seconds / 3600 % 24);
    else if (seconds >= 3600)
        snprintf(text, size, "%lluh %02llum", seconds / 3600, seconds / 60 % 60);
    else
        snprintf(text, size, "%llum %02llus", seconds / 60, seconds % 60);
}

static void tell(char *line)
{
    char *rest, *name = strtok_r(line, " ", &rest), *state = strtok_r(nullptr, " ", &rest);
    unsigned long long values[FIGURES] = {};
    char memory[16] = "-", time[16] = "-", since[24];
    if (state == nullptr || !read_figures(&rest, values)) return;
    bool runs = values[MEMORY] != 0;
    if (runs) proc_size(values[MEMORY], memory, sizeof memory);
    if (runs) proc_time(values[TIME], time, sizeof time);
    tell_since(strcmp(state, "ready") == 0 ? values[READY] : 0, since, sizeof since);
    printf("%-12s %-9s %8llu %8s %7s %9s %7llu %7llu  %s\n", name, state, values[RESTARTS], since,
           memory, time, values[HANDLES], values[THREADS], rest);
}

static int list(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "re");
    if (file == nullptr) return failed(path);
    while (fgets(line, sizeof line, file) != nullptr) {
        line[strcspn(line, "\n")] = '\0';
        tell(line);
    }
    bool is_bad = ferror(file) != 0;
    fclose(file);
    return is_bad ? failed(path) : 0;
}

static bool is_order(const char *word)
{
    static const char *const orders[] = {"start", "stop", "restart", "hang", "spin", "fault"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        if (strcmp(word, orders[i]) == 0) return true;
    }
    return false;
}

int main(int count, char **arguments)
{
    if (count == 1) {
        printf("%-12s %-9s %8s %8s %7s %9s %7s %7s  %s\n", "NAME", "STATE", "RESTARTS", "SINCE",
               "MEMORY", "TIME", "HANDLES", "THREADS", "LAST ERROR");
        int result = list(units);
        return access(drivers, R_OK) != 0 ? result : list(drivers) | result;
    }
    if (!is_order(arguments[1]) || count < 3) return usage();
    return command(arguments[1], arguments + 2);
}
