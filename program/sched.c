// SPDX-License-Identifier: MIT
// sched: shows and sets how threads are scheduled. See sched(1).
#include <errno.h>
#include <proc/proc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool only_timed; // -t: those with a period or a deadline

// One line of /proc/<pid>/threads, as names and values.
struct line {
    char thread[24], state[12], priority[8], now[8], period[24], deadline[24], budget[24], left[24];
    char misses[24], overruns[24], time[24];
};

static const struct {
    const char *name;
    size_t offset, size;
} fields[] = {
#define FIELD(name) {#name, offsetof(struct line, name), sizeof(((struct line *)0)->name)}
    FIELD(thread), FIELD(state), FIELD(priority), FIELD(now),      FIELD(period), FIELD(deadline),
    FIELD(budget), FIELD(left),  FIELD(misses),   FIELD(overruns), FIELD(time),
};

static void parse(char *text, struct line *line)
{
    char *rest, *name = strtok_r(text, " \n", &rest);
    *line = (struct line){};
    for (; name != nullptr; name = strtok_r(nullptr, " \n", &rest)) {
        const char *value = strtok_r(nullptr, " \n", &rest);
        if (value == nullptr) return;
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            if (strcmp(fields[i].name, name) != 0) continue;
            snprintf((char *)line + fields[i].offset, fields[i].size, "%s", value);
        }
    }
}

static const struct {
    const char *name;
    uint64_t ns;
} units[] = {{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1000}, {"ns", 1}};

// "10ms" of ns, in the largest unit that is exact; "-" of 0.
static const char *show_time(const char *value, char *text, size_t size)
{
    uint64_t ns = strtoull(value, nullptr, 10);
    size_t unit = 0;
    if (ns == 0) return "-";
    while (ns % units[unit].ns != 0) unit++;
    snprintf(text, size, "%llu%s", (unsigned long long)(ns / units[unit].ns), units[unit].name);
    return text;
}

static void show(const struct proc *proc, const struct line *line)
{
    char period[32], deadline[32], budget[32], time[24];
    printf("%5u %7s %-8s %3s %3s ", proc->pid, line->thread, line->state, line->priority,
           line->now);
    printf("%8s %8s ", show_time(line->period, period, sizeof period),
           show_time(line->deadline, deadline, sizeof deadline));
    proc_time(strtoull(line->time, nullptr, 10), time, sizeof time);
    printf("%8s %6s %6s %9s %s\n", show_time(line->budget, budget, sizeof budget), line->misses,
           line->overruns, time, proc->command[0] != '\0' ? proc->command : proc->name);
}

static bool list_process(const struct proc *proc)
{
    char path[40], text[400];
    snprintf(path, sizeof path, "/proc/%u/threads", proc->pid);
    FILE *file = fopen(path, "r");
    if (file == nullptr) return false;
    while (fgets(text, sizeof text, file) != nullptr) {
        struct line line;
        parse(text, &line);
        bool is_timed = strcmp(line.period, "0") != 0 || strcmp(line.deadline, "0") != 0;
        if (!only_timed || is_timed) show(proc, &line);
    }
    fclose(file);
    return true;
}

// All processes, or those whose numbers are given.
static int list(char **numbers)
{
    size_t count;
    int result = 0;
    struct proc *all = proc_list(&count);
    if (all == nullptr) {
        perror("sched: /proc");
        return 1;
    }
    printf("  PID  THREAD STATE    PRI NOW   PERIOD DEADLINE   BUDGET MISSED   OVER      TIME "
           "COMMAND\n");
    for (size_t i = 0; i < count && *numbers == nullptr; i++) (void)list_process(&all[i]);
    for (; *numbers != nullptr; numbers++) {
        size_t at = 0;
        while (at < count && all[at].pid != strtoul(*numbers, nullptr, 10)) at++;
        if (at < count && list_process(&all[at])) continue;
        fprintf(stderr, "sched: %s: no such process\n", *numbers);
        result = 1;
    }
    free(all);
    return result;
}

// Appends "name <ns>" of "10ms"; a number alone is ns. False: not a time.
static bool add_time(char *command, size_t size, const char *name, const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10), factor = 0;
    size_t length = strlen(command);
    if (end == text || *text == '-') return false;
    if (*end == '\0') factor = 1;
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(end, units[i].name) == 0) factor = units[i].ns;
    }
    if (factor == 0 || value > UINT64_MAX / factor) return false;
    value *= factor;
    snprintf(command + length, size - length, " %s %llu", name, (unsigned long long)value);
    return true;
}

static const char *reason(void)
{
    switch (errno) {
    case EBUSY: return "the processor time is promised to others";
    case ESRCH: return "no such thread";
    case ENOENT: return "no such process";
    case EINVAL: return "the parameters do not fit together";
    default: return strerror(errno);
    }
}

// `whom` is a process, or a process and one of its threads: 12 or 12/345.
static bool set(const char *whom, const char *parameters)
{
    char path[40], command[200];
    const char *slash = strchr(whom, '/');
    size_t length = slash == nullptr ? strlen(whom) : (size_t)(slash - whom);
    snprintf(path, sizeof path, "/proc/%.*s/ctl", (int)length, whom);
    snprintf(command, sizeof command, "thread %s%s", slash == nullptr ? "all" : slash + 1,
             parameters);
    FILE *file = fopen(path, "w");
    bool is_set = file != nullptr && fputs(command, file) >= 0 && fflush(file) == 0;
    if (!is_set) fprintf(stderr, "sched: %s: %s\n", whom, reason());
    if (file != nullptr) fclose(file);
    return is_set;
}

static int usage(void)
{
    fputs("usage: sched [-t] [PID]...\n"
          "       sched [-p PRIORITY] [-P PERIOD] [-d DEADLINE] [-b BUDGET] PID[/THREAD]...\n",
          stderr);
    return 2;
}

int main(int count, char **arguments)
{
    char parameters[120] = "";
    int option, result = 0;
    bool is_right = true;
    while ((option = getopt(count, arguments, "tp:P:d:b:")) != -1) {
        switch (option) {
        case 't': only_timed = true; break;
        case 'p': is_right &= add_time(parameters, sizeof parameters, "priority", optarg); break;
        case 'P': is_right &= add_time(parameters, sizeof parameters, "period", optarg); break;
        case 'd': is_right &= add_time(parameters, sizeof parameters, "deadline", optarg); break;
        case 'b': is_right &= add_time(parameters, sizeof parameters, "budget", optarg); break;
        default: return usage();
        }
    }
    if (!is_right) return usage();
    if (parameters[0] == '\0') return list(arguments + optind);
    if (only_timed || optind == count) return usage();
    for (int i = optind; i < count; i++) {
        if (!set(arguments[i], parameters)) result = 1;
    }
    return result;
}
