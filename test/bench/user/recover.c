// SPDX-License-Identifier: MIT
// How long it takes until services and drivers that were killed answer again: from the order to end
// one until the first request is answered by the next. Lines as library.c prints.
#include "recover.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct victim {
    const char *operation;
    const char *program; // what it is called as a process
    const char *path;    // is asked for
} victims[] = {
    {"recover_ramfs", "tmp", "/tmp"},
    {"recover_ip", "ip", "/net"},
    {"recover_console", "console", "/dev/console"},
    {"recover_net", "virtio-net", "/dev/ether0"},
};
enum : size_t { VICTIMS = sizeof victims / sizeof *victims };
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

bool recover_measure(uint64_t (*next_tick)(void))
{
    for (size_t i = 0; i < VICTIMS; i++) {
        const struct victim *victim = &victims[i];
        struct stat status;
        pid_t pid = find(victim->program);
        if (pid <= 0 || stat(victim->path, &status) != 0) continue; // this board has none
        uint64_t start = next_tick();
        if (kill(pid, SIGKILL) != 0 || stat(victim->path, &status) != 0) return false;
        uint64_t took = next_tick() - start;
        if (sleep(SETTLING) != 0) return false;
        printf("BENCH %s %llu\n", victim->operation, (unsigned long long)took);
    }
    return true;
}
