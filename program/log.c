// SPDX-License-Identifier: MIT
// log: shows the messages of the kernel, the services and the drivers. See log(1).
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const levels[] = {"error", "warning", "notice", "info", "debug"};
enum : int { LEVELS = sizeof levels / sizeof *levels };

static struct wanted {
    const char *unit; // nullptr: all
    int level;        // and those that are more serious
    double since;     // s since boot
} wanted = {.level = LEVELS - 1};

static int usage(void)
{
    fputs("usage: log [-u UNIT] [-l LEVEL] [-s SECONDS] [FILE...]\n", stderr);
    return 2;
}

static int level_of(const char *name, size_t size)
{
    for (int level = 0; level < LEVELS; level++) {
        if (strlen(levels[level]) == size && memcmp(levels[level], name, size) == 0) return level;
    }
    return -1;
}

// A line is "[seconds] level unit: text".
static bool is_wanted(const char *line)
{
    char *end;
    if (line[0] != '[') return wanted.unit == nullptr && wanted.since == 0;
    double time = strtod(line + 1, &end);
    if (end[0] != ']' || end[1] != ' ' || time < wanted.since) return false;
    const char *level = end + 2, *unit = strchr(level, ' ');
    if (unit == nullptr || level_of(level, (size_t)(unit - level)) > wanted.level) return false;
    size_t size = strcspn(++unit, ":");
    return wanted.unit == nullptr ||
           (strlen(wanted.unit) == size && memcmp(wanted.unit, unit, size) == 0);
}

static int show(const char *path)
{
    char *line = nullptr;
    size_t capacity = 0;
    FILE *file = fopen(path, "re");
    if (file == nullptr) {
        fprintf(stderr, "log: %s: %s\n", path, strerror(errno));
        return 1;
    }
    while (getline(&line, &capacity, file) > 0) {
        if (is_wanted(line)) fputs(line, stdout);
    }
    int result = ferror(file) != 0;
    if (result != 0) fprintf(stderr, "log: %s: %s\n", path, strerror(errno));
    free(line);
    fclose(file);
    return result;
}

// Of the last so many seconds.
static bool since_read(const char *text)
{
    char *end;
    struct timespec now;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || seconds < 0) return false;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return false;
    wanted.since = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - seconds;
    if (wanted.since < 0) wanted.since = 0;
    return true;
}

int main(int count, char **arguments)
{
    int option, result = 0;
    while ((option = getopt(count, arguments, "u:l:s:")) != -1) {
        bool is_good = option == 'u' || option == 'l' || option == 's';
        if (option == 'u') wanted.unit = optarg;
        if (option == 'l') is_good = (wanted.level = level_of(optarg, strlen(optarg))) >= 0;
        if (option == 's') is_good = since_read(optarg);
        if (!is_good) return usage();
    }
    if (optind == count) return show("/dev/log");
    for (int i = optind; i < count; i++) result |= show(arguments[i]);
    return result;
}
