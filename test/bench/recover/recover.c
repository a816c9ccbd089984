// SPDX-License-Identifier: MIT
// Killing, and asking: see recover.h.
#include <recover/recover.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum : uint32_t { SETTLING = 2 }; // s

static bool is_called(const char *pid, const char *program)
{
    char path[64], line[128], wanted[64];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    snprintf(wanted, sizeof wanted, "name %s\n", program);
    FILE *file = fopen(path, "re");
    if (file == nullptr) return false;
    bool is_it = false;
    while (!is_it && fgets(line, sizeof line, file)) is_it = strcmp(line, wanted) == 0;
    fclose(file);
    return is_it;
}

static pid_t find(const char *program)
{
    DIR *folder = opendir("/proc");
    const struct dirent *entry;
    pid_t found = 0;
    while (folder && found == 0 && (entry = readdir(folder)) != nullptr) {
        if (is_called(entry->d_name, program)) found = (pid_t)strtol(entry->d_name, nullptr, 10);
    }
    if (folder) closedir(folder);
    return found;
}

static bool is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

static bool answers(const struct recover_victim *victim)
{
    return victim->ask ? victim->ask(victim->path) : is_there(victim->path);
}

static bool sample(const struct recover_victim *victim, bool (*now)(uint64_t *), uint64_t *took)
{
    uint64_t start, end;
    pid_t pid = find(victim->program);
    if (pid <= 0 || !now(&start) || kill(pid, SIGKILL) != 0) return false;
    if (!answers(victim) || !now(&end)) return false;
    *took = end - start;
    return sleep(SETTLING) == 0;
}

static bool measure(const struct recover_victim *victim, bool (*now)(uint64_t *))
{
    uint64_t least = UINT64_MAX, took;
    if (find(victim->program) <= 0 || !answers(victim)) return true; // this board has none
    for (size_t i = 0; i < victim->samples; i++) {
        if (!sample(victim, now, &took)) return false;
        if (took < least) least = took;
    }
    printf("BENCH %s %llu\n", victim->operation, (unsigned long long)least);
    return true;
}

bool recover_measure(const struct recover_victim *victims, size_t count, bool (*now)(uint64_t *))
{
    for (size_t i = 0; i < count; i++) {
        if (!measure(&victims[i], now)) return false;
    }
    return true;
}

bool recover_storm(const char *operation, const struct recover_victim *victims, size_t count,
                   bool (*now)(uint64_t *))
{
    pid_t pids[RECOVER_MAX];
    uint64_t start, end;
    if (count > RECOVER_MAX) return false;
    for (size_t i = 0; i < count; i++) {
        pids[i] = find(victims[i].program);
        if (pids[i] <= 0 || !answers(&victims[i])) return true;
    }
    if (!now(&start)) return false;
    for (size_t i = 0; i < count; i++) {
        if (kill(pids[i], SIGKILL) != 0) return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!answers(&victims[i])) return false;
    }
    if (!now(&end)) return false;
    printf("BENCH %s %llu\n", operation, (unsigned long long)(end - start));
    return sleep(SETTLING) == 0;
}
