// SPDX-License-Identifier: MIT
// What file operations cost through the C library: lines `BENCH operation instructions`, means
// under the emulator's counting clock, where a nanosecond is an instruction. Files are in /tmp, a
// ramfs.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
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

int main(void)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    bool good = file >= 0 && write(file, buffer, sizeof buffer) == (ssize_t)sizeof buffer;
    close(file);
    good = good && measure_reads("read_1", 1) && measure_reads("read_4k", sizeof buffer) &&
           measure_open();
    unlink(path);
    if (!good) perror("FAIL files");
    puts("END");
    return good ? 0 : 1;
}
