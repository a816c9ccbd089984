// SPDX-License-Identifier: MIT
// ps: shows processes. See ps(1).
#include <proc/proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show(const struct proc *proc, bool is_long)
{
    char time[24], memory[24];
    proc_time(proc->time, time, sizeof time);
    proc_size(proc->memory, memory, sizeof memory);
    char state = proc->state[0] == 'a' ? ' ' : (char)(proc->state[0] - 'a' + 'A');
    printf("%5u %5u %-8.8s %c %9s %6s ", proc->pid, proc->parent, proc_user(proc->uid), state, time,
           memory);
    if (is_long) {
        printf("%5u %5u %4u %4u ", proc->group, proc->session, proc->threads, proc->handles);
    }
    printf("%s\n", proc->command[0] != '\0' ? proc->command : proc->name);
}

static int usage(void)
{
    fputs("usage: ps [-lu]\n", stderr);
    return 2;
}

int main(int count, char **arguments)
{
    bool is_long = false, only_own = false;
    int option;
    while ((option = getopt(count, arguments, "aefluxw")) != -1) {
        switch (option) {
        case 'l': is_long = true; break;
        case 'u': only_own = true; break;
        case '?': return usage();
        default: break; // what others call "all" is the usual here
        }
    }
    for (int i = optind; i < count; i++) { // as in "ps aux"
        if (arguments[i][strspn(arguments[i], "aefluxw")] != '\0') return usage();
    }
    size_t found;
    struct proc *list = proc_list(&found);
    if (list == nullptr) {
        perror("ps: /proc");
        return 1;
    }
    printf("  PID  PPID USER       %9s %6s %sCOMMAND\n", "TIME", "MEMORY",
           is_long ? "GROUP  SESS  THR HNDL " : "");
    for (size_t i = 0; i < found; i++) {
        if (!only_own || list[i].uid == getuid()) show(&list[i], is_long);
    }
    free(list);
    return 0;
}
