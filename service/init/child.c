// SPDX-License-Identifier: MIT
// Processes that a unit started itself and that must not outlive it: a driver whose manager is gone
// holds its device, and nobody would start it again. Init ends them with the unit, and starts the
// unit again when they are dead. With each comes a handle (of DMA memory) that init keeps until the
// unit is ready again, and so has reset the devices that may still write there.
#include "init.h"

#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>

struct child {
    struct child *next;
    fe_handle process, kept;
};

static bool is_dead(const struct child *child)
{
    struct fe_process_info info;
    return fe_process_inspect(child->process, &info) != OK || info.state == PROCESS_DEAD;
}

void children_forget(struct unit *unit)
{
    struct child **at = &unit->children;
    while (*at) {
        struct child *child = *at;
        if (!is_dead(child)) {
            at = &child->next;
            continue;
        }
        *at = child->next;
        fe_handle_drop(&child->process);
        fe_handle_drop(&child->kept);
        free(child);
    }
}

// Takes both handles over, whatever the result.
int child_add(struct unit *unit, fe_handle process, fe_handle kept)
{
    FE_HANDLE owned_process = process, owned_kept = kept;
    if (unit->state == UNIT_READY) children_forget(unit);
    if (fe_process_watch(process, server.event, 1ull << unit->bit) != OK) return -EINVAL;
    struct child *child = malloc(sizeof *child);
    if (child == nullptr) return -ENOMEM;
    *child = (struct child){.next = unit->children,
                            .process = fe_handle_take(&owned_process),
                            .kept = fe_handle_take(&owned_kept)};
    unit->children = child;
    return 0;
}

void children_end(struct unit *unit)
{
    for (struct child *child = unit->children; child; child = child->next) {
        if (!is_dead(child) && fe_process_kill(child->process, 0) != OK)
            say("%s: a process that it started cannot be ended", unit->name);
    }
}

bool children_are_gone(const struct unit *unit)
{
    for (const struct child *child = unit->children; child; child = child->next) {
        if (!is_dead(child)) return false;
    }
    return true;
}
