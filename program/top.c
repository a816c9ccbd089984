// SPDX-License-Identifier: MIT
// top: what the machine is doing, again and again. See top(1).
#include <poll.h>
#include <proc/proc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct sample { // of one process, a moment ago
    uint32_t pid;
    uint64_t time;
};

static struct sample *before;
static size_t before_count;
static struct termios usual;
static bool is_terminal;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1'000'000'000 + (uint64_t)time.tv_nsec;
}

static uint64_t time_before(uint32_t pid)
{
    for (size_t i = 0; i < before_count; i++) {
        if (before[i].pid == pid) return before[i].time;
    }
    return 0;
}

// From here on `time` is what was used since the last look.
static void use_differences(struct proc *list, size_t count)
{
    struct sample *samples = calloc(count + 1, sizeof *samples);
    for (size_t i = 0; i < count && samples != nullptr; i++) {
        samples[i] = (struct sample){list[i].pid, list[i].time};
        uint64_t last = time_before(list[i].pid);
        list[i].time = list[i].time >= last ? list[i].time - last : 0;
    }
    free(before);
    before = samples;
    before_count = samples == nullptr ? 0 : count;
}

static int by_time(const void *a, const void *b)
{
    uint64_t first = ((const struct proc *)a)->time, second = ((const struct proc *)b)->time;
    return first > second ? -1 : first < second;
}

static unsigned rows(void)
{
    struct winsize size;
    if (ioctl(1, TIOCGWINSZ, &size) != 0 || size.ws_row < 8) return 24;
    return size.ws_row;
}

// How busy each CPU was, in as many lines as it takes; how many lines that were.
static unsigned show_cpus(uint64_t interval)
{
    enum : unsigned { IN_A_LINE = 8 };
    static uint64_t *last;
    static unsigned known;
    unsigned count = 0, cpu;
    unsigned long long idle;
    FILE *file = fopen("/proc/cpu", "r");
    if (file == nullptr) return 0;
    while (fscanf(file, "cpu %u idle %llu%*[^\n] ", &cpu, &idle) == 2) {
        if (cpu >= known) {
            uint64_t *larger = realloc(last, (cpu + 1) * sizeof *last);
            if (larger == nullptr) break;
            last = larger;
            while (known <= cpu) last[known++] = 0;
        }
        uint64_t rested = idle > last[cpu] ? idle - last[cpu] : 0;
        last[cpu] = idle;
        double busy = rested < interval ? 100.0 - 100.0 * (double)rested / (double)interval : 0;
        printf("%sCPU%-2u %5.1f%%",
               count == 0               ? ""
               : count % IN_A_LINE == 0 ? "\n"
                                        : "  ",
               cpu, busy);
        count++;
    }
    fclose(file);
    if (count > 0) printf("\n");
    return (count + IN_A_LINE - 1) / IN_A_LINE;
}

static unsigned show_head(size_t processes, uint64_t interval, uint64_t idle)
{
    char total[24], left[24];
    proc_size(proc_figure("meminfo", "MemTotal:") * 1024, total, sizeof total);
    proc_size(proc_figure("meminfo", "MemFree:") * 1024, left, sizeof left);
    uint64_t up = proc_figure("system", "uptime") / 1'000'000'000;
    uint64_t cpus = proc_figure("system", "cpus");
    uint64_t whole = interval * (cpus == 0 ? 1 : cpus);
    printf("up %llu:%02llu:%02llu, %zu processes, %llu CPU, %.1f%% idle, memory %s of %s free\n",
           (unsigned long long)up / 3600, (unsigned long long)up / 60 % 60,
           (unsigned long long)up % 60, processes, (unsigned long long)cpus,
           whole == 0 ? 0.0 : 100.0 * (double)idle / (double)whole, left, total);
    unsigned lines = show_cpus(interval);
    printf("\n  PID USER       CPU%% MEMORY  THR COMMAND\n");
    return lines;
}

static bool show(bool in_place)
{
    static uint64_t last_time, last_idle;
    size_t count;
    struct proc *list = proc_list(&count);
    if (list == nullptr) return false;
    uint64_t at = now(), idle = proc_figure("system", "idle");
    uint64_t interval = at - last_time;
    use_differences(list, count);
    qsort(list, count, sizeof *list, by_time);
    if (in_place) printf("\033[H\033[J");
    unsigned lines = 4 + show_head(count, interval, idle - last_idle);
    lines = !in_place ? (unsigned)count : rows() > lines ? rows() - lines : 1;
    for (size_t i = 0; i < count && i < lines; i++) {
        char memory[24];
        proc_size(list[i].memory, memory, sizeof memory);
        printf("%5u %-8.8s %6.1f %6s %4u %.50s\n", list[i].pid, proc_user(list[i].uid),
               100.0 * (double)list[i].time / (double)interval, memory, list[i].threads,
               list[i].command);
    }
    fflush(stdout);
    free(list);
    last_time = at;
    last_idle = idle;
    return true;
}

static void restore_terminal(void)
{
    if (is_terminal) tcsetattr(0, TCSANOW, &usual);
}

static void stop(int number)
{
    restore_terminal();
    _exit(128 + number);
}

static void prepare_terminal(void)
{
    is_terminal = tcgetattr(0, &usual) == 0;
    if (!is_terminal) return;
    struct termios raw = usual;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    atexit(restore_terminal);
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    tcsetattr(0, TCSANOW, &raw);
}

// Waits, and says whether to go on.
static bool pause_for(int milliseconds)
{
    struct pollfd input = {.fd = is_terminal ? 0 : -1, .events = POLLIN};
    char key;
    if (poll(&input, 1, milliseconds) <= 0) return true;
    return read(0, &key, 1) == 1 && key != 'q';
}

int main(int count, char **arguments)
{
    int option, rounds = -1, seconds = 2;
    while ((option = getopt(count, arguments, "n:d:")) != -1) {
        if (option == 'n') rounds = atoi(optarg);
        if (option == 'd') seconds = atoi(optarg);
        if (option == '?') return fputs("usage: top [-n rounds] [-d seconds]\n", stderr), 2;
    }
    prepare_terminal();
    bool in_place = is_terminal && rounds < 0;
    while (show(in_place)) {
        if (rounds > 0 && --rounds == 0) return 0;
        if (!pause_for(seconds * 1000)) return 0;
    }
    perror("top: /proc");
    return 1;
}
