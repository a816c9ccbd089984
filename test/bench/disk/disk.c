// SPDX-License-Identifier: MIT
// What reading and writing files on a disk costs: lines `BENCH operation instructions` under the
// emulator's counting clock. Only the time counts in which the CPU is not idle: how long the host
// takes for its disk says nothing. /disk/data is larger than the file system's cache, and is gone
// through in an order in which nothing that is read is there any more. Arguments: where to write,
// and an operation that is repeated for ever instead, for tool/profile.
#include "direct.h"

#include <busy/busy.h>
#include <errno.h>
#include <fcntl.h>
#include <recover/recover.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum : size_t { MIB = 1 << 20, PAGE = 4096, GROUP = 64 << 10 };
enum : size_t { FILE_SIZE = 128 * MIB, GROUPS = FILE_SIZE / GROUP, STRIDE = 1021 };
enum { SAMPLES = 101, WRITTEN = 32, SETTLING = 2 }; // SETTLING in seconds

static char buffer[MIB];
static int file;
static uint64_t samples[SAMPLES];

static bool read_mib(size_t i)
{
    return pread(file, buffer, MIB, (off_t)(i * MIB % FILE_SIZE)) == (ssize_t)MIB;
}

// Each in another group of blocks than any of the last thousand.
static bool read_random(size_t i)
{
    size_t at = i * STRIDE % GROUPS * GROUP + i % (GROUP / PAGE) * PAGE;
    return pread(file, buffer, PAGE, (off_t)at) == (ssize_t)PAGE;
}

static bool read_cached(size_t)
{
    return pread(file, buffer, PAGE, 0) == (ssize_t)PAGE;
}

static bool write_mibs(size_t i)
{
    for (size_t k = 0; k < WRITTEN; k++) {
        off_t at = (off_t)((i * WRITTEN + k) * MIB % FILE_SIZE);
        if (pwrite(file, buffer, MIB, at) != (ssize_t)MIB) return false;
    }
    return fsync(file) == 0;
}

static bool write_random(size_t i)
{
    for (size_t k = 0; k < WRITTEN; k++) {
        size_t n = i * WRITTEN + k, at = n * STRIDE % GROUPS * GROUP;
        if (pwrite(file, buffer, PAGE, (off_t)at) != (ssize_t)PAGE) return false;
    }
    return fsync(file) == 0;
}

static const struct operation {
    const char *name;
    bool (*run)(size_t i);
    int samples, per; // how often it is run, and of how many one run consists
} operations[] = {
    {"disk_read_mib", read_mib, SAMPLES, 1},
    {"disk_read_random", read_random, SAMPLES, 1},
    {"disk_read_cached", read_cached, SAMPLES, 1},
    {"disk_write_mib", write_mibs, 7, WRITTEN},
    {"disk_write_random", write_random, 7, WRITTEN},
    {"disk_direct_read_mib", direct_read_mib, SAMPLES, 1},
    {"disk_direct_read_random", direct_read_random, SAMPLES, 1},
    {"disk_direct_write_mib", direct_write_mib, SAMPLES, 1},
    {"disk_direct_write_random", direct_write_random, SAMPLES, 1},
};
enum : size_t { OPERATIONS = sizeof operations / sizeof *operations };

static bool read_of(const char *path)
{
    int other = open(path, O_RDONLY | O_CLOEXEC);
    bool good = other >= 0 && pread(other, buffer, PAGE, 0) == (ssize_t)PAGE;
    if (other >= 0) close(other);
    return good;
}

static const struct recover_victim victims[] = {
    {"recover_block", "virtio-block", "/dev/disk0/data", 15, read_of},
    {"recover_ext4", "disk", "/disk/data", 5, read_of},
};
enum : size_t { VICTIMS = sizeof victims / sizeof *victims };

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool sample(const struct operation *operation, size_t i, uint64_t *taken)
{
    uint64_t start, end;
    if (!busy_now(&start) || !operation->run(i) || !busy_now(&end)) return false;
    *taken = end - start;
    return true;
}

static bool measure(const struct operation *operation, uint64_t overhead)
{
    for (int i = 0; i < operation->samples; i++)
        if (!sample(operation, (size_t)i, &samples[i])) return false;
    qsort(samples, (size_t)operation->samples, sizeof *samples, compare);
    uint64_t median = samples[operation->samples / 2] - overhead;
    printf("BENCH %s %llu\n", operation->name,
           (unsigned long long)(median / (uint64_t)operation->per));
    return true;
}

static bool do_nothing(size_t)
{
    return true;
}

static bool cache_fill(void)
{
    bool good = true;
    for (size_t i = 0; good && i < FILE_SIZE / MIB; i++) good = read_mib(i);
    return good;
}

static bool measure_all(void)
{
    static const struct operation nothing = {"nothing", do_nothing, SAMPLES, 1};
    uint64_t overhead = UINT64_MAX;
    bool good = sleep(SETTLING) == 0 && cache_fill();
    for (int i = 0; good && i < SAMPLES; i++) {
        good = sample(&nothing, 0, &samples[0]);
        if (samples[0] < overhead) overhead = samples[0];
    }
    for (size_t i = 0; good && i < OPERATIONS; i++) good = measure(&operations[i], overhead);
    return good && recover_measure(victims, VICTIMS, busy_now);
}

static bool repeat(const char *name)
{
    size_t which = 0;
    while (which < OPERATIONS && strcmp(operations[which].name, name) != 0) which++;
    if (which == OPERATIONS || !cache_fill()) return false;
    puts("PROFILE");
    fflush(stdout);
    for (size_t i = 0; operations[which].run(i); i++) continue;
    return false;
}

int main(int count, char **arguments)
{
    if (count < 2 || freopen(arguments[1], "w", stdout) == nullptr) return 2;
    file = open("/disk/data", O_RDWR);
    bool good = file >= 0 && direct_open() && (count > 2 ? repeat(arguments[2]) : measure_all());
    if (!good) printf("FAIL %s\n", strerror(errno));
    puts("END");
    return good ? 0 : 1;
}
