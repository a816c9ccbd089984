// SPDX-License-Identifier: MIT
// Who is who: the kernel knows processes by its own ids, people by names and pids. Those that come
// and go while tracing is on are named in the trace itself.
#include "trace.h"
#include <proc/proc.h>
#include <stdlib.h>
#include <string.h>

struct name {
    uint64_t id; // first
    uint32_t pid;
    char text[33];
};
static struct table names = {.size = sizeof(struct name)};

void name_note(uint64_t id, const char text[32])
{
    if (id == 0) return;
    struct name *name = table_get(&names, id);
    if (text[0] != '\0') memcpy(name->text, text, sizeof name->text - 1);
}

void name_note_all(void)
{
    size_t count;
    struct proc *list = proc_list(&count);
    if (list == nullptr) return;
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == 0) continue;
        name_note(list[i].id, list[i].name);
        ((struct name *)table_get(&names, list[i].id))->pid = list[i].pid;
    }
    free(list);
}

const char *name_of(uint64_t id)
{
    const struct name *name = table_find(&names, id);
    return name == nullptr || name->text[0] == '\0' ? "?" : name->text;
}

uint32_t name_pid(uint64_t id)
{
    const struct name *name = table_find(&names, id);
    return name == nullptr ? 0 : name->pid;
}
