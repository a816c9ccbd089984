// SPDX-License-Identifier: MIT
// services: how every service is, and starting and stopping them. See services(1).
#include <errno.h>
#include <proc/proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// init's units, then the device manager's drivers, where there is one.
static constexpr char units[] = "/dev/services", drivers[] = "/dev/device/drivers";

static int usage(void)
{
    fputs("usage: services [start | stop | restart NAME...]\n", stderr);
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

// Of a line of such a file the words by their place: name, state, then pairs of word and figure,
// at last `error` and words to the end of the line.
static void tell(char *line)
{
    char *rest, *name = strtok_r(line, " ", &rest), *state = strtok_r(nullptr, " ", &rest), *word;
    unsigned long long restarts = 0, memory = 0, time = 0;
    while ((word = strtok_r(nullptr, " ", &rest)) != nullptr && strcmp(word, "error") != 0) {
        const char *figure = strtok_r(nullptr, " ", &rest);
        if (figure == nullptr) return;
        unsigned long long value = strtoull(figure, nullptr, 10);
        if (strcmp(word, "restarts") == 0) restarts = value;
        if (strcmp(word, "memory") == 0) memory = value;
        if (strcmp(word, "time") == 0) time = value;
    }
    char memory_text[16] = "-", time_text[16] = "-";
    if (memory != 0) proc_size(memory, memory_text, sizeof memory_text);
    if (memory != 0) proc_time(time, time_text, sizeof time_text);
    printf("%-12s %-9s %8llu %7s %9s  %s\n", name, state, restarts, memory_text, time_text,
           word == nullptr ? "" : rest);
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

int main(int count, char **arguments)
{
    if (count == 1) {
        printf("%-12s %-9s %8s %7s %9s  %s\n", "NAME", "STATE", "RESTARTS", "MEMORY", "TIME",
               "LAST ERROR");
        int result = list(units);
        return access(drivers, R_OK) != 0 ? result : list(drivers) | result;
    }
    bool is_known = strcmp(arguments[1], "start") == 0 || strcmp(arguments[1], "stop") == 0 ||
                    strcmp(arguments[1], "restart") == 0;
    if (!is_known || count < 3) return usage();
    return command(arguments[1], arguments + 2);
}
