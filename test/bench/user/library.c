// SPDX-License-Identifier: MIT
// What operations cost through the C library: lines `BENCH operation instructions`, means under the
// emulator's counting clock, where a nanosecond is an instruction. Files are in /tmp, a ramfs.
#include <abi/clock.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP = 32, ROUNDS = 512 };

static const char path[] = "/tmp/bench-file";
static char buffer[4096];

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1'000'000'000 + (uint64_t)time.tv_nsec;
}

static void report(const char *operation, uint64_t start)
{
    printf("BENCH %s %llu\n", operation, (unsigned long long)((now() - start) / ROUNDS));
}

static bool measure_reads(const char *operation, size_t size)
{
    uint64_t start = 0;
    int file = open(path, O_RDONLY);
    for (int i = 0; i < WARM_UP + ROUNDS; i++) {
        if (i == WARM_UP) start = now();
        if (pread(file, buffer, size, 0) != (ssize_t)size) return false;
    }
    report(operation, start);
    return close(file) == 0;
}

static bool measure_open(void)
{
    uint64_t start = 0;
    for (int i = 0; i < WARM_UP + ROUNDS; i++) {
        if (i == WARM_UP) start = now();
        int file = open(path, O_RDONLY);
        if (file < 0 || close(file) != 0) return false;
    }
    report("open_close", start);
    return true;
}

static void *end_at_once(void *argument)
{
    return argument;
}

static bool measure_threads(void)
{
    uint64_t start = 0;
    for (int i = 0; i < WARM_UP + ROUNDS; i++) {
        pthread_t thread;
        if (i == WARM_UP) start = now();
        if (pthread_create(&thread, nullptr, end_at_once, nullptr) != 0) return false;
        if (pthread_join(thread, nullptr) != 0) return false;
    }
    report("thread_create_join", start);
    return true;
}

// When login was ready, from reset: the counter begins there, the clock when the kernel does.
static bool tell_boot(void)
{
    char line[128];
    unsigned long long ready = 0;
    uintptr_t page;
    FILE *services = fopen("/dev/services", "re");
    if (services == nullptr || fe_clock_page(&page) != OK) return false;
    while (fgets(line, sizeof line, services)) {
        if (strncmp(line, "login ", 6) == 0) ready = strtoull(strrchr(line, ' '), nullptr, 10);
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
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    bool good = file >= 0 && write(file, buffer, sizeof buffer) == (ssize_t)sizeof buffer;
    close(file);
    good = good && measure_reads("read_1", 1) && measure_reads("read_4k", sizeof buffer) &&
           measure_open() && measure_threads() && tell_boot();
    unlink(path);
    if (!good) printf("FAIL %s\n", strerror(errno));
    puts("END");
    return good ? 0 : 1;
}
