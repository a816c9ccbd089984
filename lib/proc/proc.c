// SPDX-License-Identifier: MIT
// Reading /proc/<pid>/status and the machine's figures: lines of a name and a value.
#include <ctype.h>
#include <dirent.h>
#include <proc/proc.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset, size; // size 0: text
    size_t room;
} fields[] = {
#define NUMBER(name, member)                                                                       \
    {name, offsetof(struct proc, member), sizeof(((struct proc *)0)->member), 0}
#define TEXT(name, member)                                                                         \
    {name, offsetof(struct proc, member), 0, sizeof(((struct proc *)0)->member)}
    NUMBER("pid", pid),         NUMBER("parent", parent),   NUMBER("group", group),
    NUMBER("session", session), NUMBER("uid", uid),         NUMBER("gid", gid),
    NUMBER("time", time),       NUMBER("memory", memory),   NUMBER("limit", limit),
    NUMBER("handles", handles), NUMBER("threads", threads), NUMBER("started", started),
    NUMBER("id", id),           TEXT("state", state),       TEXT("name", name),
    TEXT("command", command),
};

static void set_field(struct proc *proc, size_t index, const char *value)
{
    char *to = (char *)proc + fields[index].offset;
    if (fields[index].size == 0) {
        snprintf(to, fields[index].room, "%s", value);
        return;
    }
    uint64_t number = strtoull(value, nullptr, 10);
    uint32_t small = (uint32_t)number;
    if (fields[index].size == sizeof small) memcpy(to, &small, sizeof small);
    if (fields[index].size == sizeof number) memcpy(to, &number, sizeof number);
}

void proc_parse(char *text, struct proc *proc)
{
    *proc = (struct proc){};
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(nullptr, "\n", &rest)) {
        char *value = strchr(line, ' ');
        if (value == nullptr) continue;
        *value++ = '\0';
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            if (strcmp(fields[i].name, line) == 0) set_field(proc, i, value);
        }
    }
}

static bool read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    if (file == nullptr) return false;
    size_t count = fread(text, 1, size - 1, file);
    fclose(file);
    text[count] = '\0';
    return count != 0;
}

static int by_pid(const void *a, const void *b)
{
    uint32_t first = ((const struct proc *)a)->pid, second = ((const struct proc *)b)->pid;
    return first < second ? -1 : first > second;
}

struct proc *proc_list(size_t *count)
{
    DIR *folder = opendir("/proc");
    if (folder == nullptr) return nullptr;
    struct proc *list = calloc(1, sizeof *list);
    struct dirent *entry;
    size_t used = 0, room = 1;
    while (list != nullptr && (entry = readdir(folder)) != nullptr) {
        char path[300], text[1024];
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
        if (!read_text(path, text, sizeof text)) continue; // it has ended meanwhile
        if (used == room) {
            struct proc *grown = reallocarray(list, room *= 2, sizeof *list);
            if (grown == nullptr) break;
            list = grown;
        }
        proc_parse(text, &list[used++]);
    }
    closedir(folder);
    if (list != nullptr) qsort(list, used, sizeof *list, by_pid);
    *count = used;
    return list;
}

uint64_t proc_figure(const char *file, const char *name)
{
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%s", file);
    if (!read_text(path, text, sizeof text)) return 0;
    size_t length = strlen(name);
    for (char *line = text; line != nullptr && *line != '\0'; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, name, length) == 0 && line[length] == ' ') {
            return strtoull(line + length, nullptr, 10);
        }
    }
    return 0;
}

const char *proc_user(uint32_t uid)
{
    static char number[16];
    const struct passwd *user = getpwuid(uid);
    if (user != nullptr) return user->pw_name;
    snprintf(number, sizeof number, "%u", uid);
    return number;
}

void proc_time(uint64_t ns, char *text, size_t size)
{
    unsigned long long hundredths = ns / 10'000'000;
    snprintf(text, size, "%llu:%02llu.%02llu", hundredths / 6000, hundredths / 100 % 60,
             hundredths % 100);
}

void proc_size(uint64_t bytes, char *text, size_t size)
{
    unsigned long long k = (bytes + 1023) / 1024;
    if (k < 10240) {
        snprintf(text, size, "%lluK", k);
    } else {
        snprintf(text, size, "%lluM", k / 1024);
    }
}
