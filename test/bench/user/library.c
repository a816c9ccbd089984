// SPDX-License-Identifier: MIT
// What operations cost through the C library: lines `BENCH operation instructions`, means under the
// emulator's counting clock, where a nanosecond is an instruction. Files are in /tmp, a ramfs.
// Services live on beside it: it begins when the boot is over, and when one wakes meanwhile, the
// median does not show it. Arguments: where to write, and an operation that is repeated for ever
// instead, for tool/profile.
#include <abi/clock.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <recover/recover.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 32, ROUNDS = 1024, BATCHES = 9, SETTLING = 2 }; // SETTLING in seconds

static const char path[] = "/tmp/bench-file";
static char buffer[4096];
static int file;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1'000'000'000 + (uint64_t)time.tv_nsec;
}

static bool read_1(void)
{
    return pread(file, buffer, 1, 0) == 1;
}

static bool read_4k(void)
{
    return pread(file, buffer, sizeof buffer, 0) == (ssize_t)sizeof buffer;
}

static bool open_close(void)
{
    int other = open(path, O_RDONLY);
    return other >= 0 && close(other) == 0;
}

static void *end_at_once(void *argument)
{
    return argument;
}

static bool thread_create_join(void)
{
    pthread_t thread;
    return pthread_create(&thread, nullptr, end_at_once, nullptr) == 0 &&
           pthread_join(thread, nullptr) == 0;
}

static const struct operation {
    const char *name;
    bool (*run)(void);
} operations[] = {
    {"read_1", read_1},
    {"read_4k", read_4k},
    {"open_close", open_close},
    {"thread_create_join", thread_create_join},
};
enum : size_t { OPERATIONS = sizeof operations / sizeof *operations };

// The clock may tick once in several instructions: begins at a tick.
static uint64_t next_tick(void)
{
    uint64_t before = now(), tick;
    do tick = now();
    while (tick == before);
    return tick;
}

static bool tick(uint64_t *at)
{
    *at = next_tick();
    return true;
}

static const struct recover_victim victims[] = {
    {"recover_ramfs", "tmp", "/tmp", 1, nullptr},
    {"recover_ip", "ip", "/net", 1, nullptr},
    {"recover_console", "console", "/dev/console", 1, nullptr},
    {"recover_net", "virtio-net", "/dev/ether0", 1, nullptr},
};
enum : size_t { VICTIMS = sizeof victims / sizeof *victims };

static bool recover(void)
{
    return recover_measure(victims, VICTIMS, tick) &&
           recover_storm("recover_all", victims, VICTIMS, tick);
}

static bool run_batch(const struct operation *operation, uint64_t *mean)
{
    for (int i = 0; i < WARM_UP; i++)
        if (!operation->run()) return false;
    uint64_t start = next_tick();
    for (int i = 0; i < ROUNDS; i++)
        if (!operation->run()) return false;
    *mean = (now() - start + ROUNDS / 2) / ROUNDS;
    return true;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool measure(const struct operation *operation)
{
    uint64_t means[BATCHES];
    for (int i = 0; i < BATCHES; i++)
        if (!run_batch(operation, &means[i])) return false;
    qsort(means, BATCHES, sizeof *means, compare);
    printf("BENCH %s %llu\n", operation->name, (unsigned long long)means[BATCHES / 2]);
    return true;
}

static bool measure_all(void)
{
    bool good = sleep(SETTLING) == 0;
    for (size_t i = 0; good && i < OPERATIONS; i++) good = measure(&operations[i]);
    return good;
}

static bool repeat(const char *name)
{
    size_t which = 0, victim = 0;
    while (which < OPERATIONS && strcmp(operations[which].name, name) != 0) which++;
    while (victim < VICTIMS && strcmp(victims[victim].operation, name) != 0) victim++;
    if (which == OPERATIONS && victim == VICTIMS) return false;
    puts("PROFILE");
    fflush(stdout);
    while (which < OPERATIONS ? operations[which].run()
                              : recover_measure(&victims[victim], 1, tick))
        continue;
    return false;
}

// When login was ready, from reset: the counter begins there, the clock when the kernel does.
static bool tell_boot(void)
{
    char line[256];
    unsigned long long ready = 0;
    uintptr_t page;
    FILE *services = fopen("/dev/services", "re");
    if (services == nullptr || fe_clock_page(&page) != OK) return false;
    while (fgets(line, sizeof line, services)) {
        const char *time = strncmp(line, "login ", 6) == 0 ? strstr(line, " exit ") : nullptr;
        time = time != nullptr ? strstr(time, " ready ") : nullptr;
        if (time != nullptr) ready = strtoull(time + strlen(" ready "), nullptr, 10);
    }
    fclose(services);
    if (ready == 0) return false;
    ready -= ((const struct fe_clock_page *)page)->base;
    printf("BENCH boot_to_login %llu\n", ready);
    return true;
}

int main(int count, char **arguments)
{
    if (count < 2 || freopen(arguments[1], "w", stdout) == nullptr) return 2;
    file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    bool good = file >= 0 && write(file, buffer, sizeof buffer) == (ssize_t)sizeof buffer;
    good = good && (count > 2 ? repeat(arguments[2]) : measure_all() && tell_boot() && recover());
    close(file);
    unlink(path);
    if (!good) printf("FAIL %s\n", strerror(errno));
    puts("END");
    return good ? 0 : 1;
}
