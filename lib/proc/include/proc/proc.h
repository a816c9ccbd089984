// SPDX-License-Identifier: MIT
// What /proc tells, for ps, top and their like.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct proc {
    uint32_t pid, parent, group, session, uid, gid;
    char state[12];         // "alive", "stopped", "zombie", "made"
    uint64_t time;          // ns of CPU
    uint64_t memory, limit; // bytes
    uint32_t handles, threads;
    uint64_t started; // ns since boot
    uint64_t id;      // the kernel's, as in traces
    char name[32], command[64];
};

// All processes by pid; *count of them. nullptr: /proc cannot be read (errno). free() it.
struct proc *proc_list(size_t *count);
// Fills what a status file's text says.
void proc_parse(char *text, struct proc *proc);

// A figure of a file of /proc whose lines are "name value"; 0 when there is none.
uint64_t proc_figure(const char *file, const char *name);

// The user's name, or the number.
const char *proc_user(uint32_t uid);

// "1:23.45" of ns.
void proc_time(uint64_t ns, char *text, size_t size);
// "123K", "45M" of bytes.
void proc_size(uint64_t bytes, char *text, size_t size);
