// SPDX-License-Identifier: MIT
// Does a few things of each kind that a trace must show: see test/scenario/trace.py.
#include <abi/syscalls.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum : uint64_t { BITS = 0x5ca1ab1e };
enum : size_t { SIZE = 1u << 16 };

static int read_file(void)
{
    char byte;
    int file = open("/tmp/traced", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, "traced", 6) != 6) return 1;
    for (int i = 0; i < 3; i++) {
        if (pread(file, &byte, 1, i) != 1) return 1;
    }
    return close(file);
}

int main(void)
{
    fe_handle event;
    const struct timespec pause = {.tv_nsec = 3'000'000};
    if (fe_event_create(&event) != OK) return 2;
    for (int i = 0; i < 7; i++) {
        if (fe_event_signal(event, BITS) != OK) return 3;
    }
    volatile char *page =
        mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return 4;
    page[SIZE - 1] = 1;
    if (read_file() != 0) return 5;
    nanosleep(&pause, nullptr);
    for (int i = 0; i < 20; i++) puts("a line that the driver of the terminal has to send");
    return 0;
}
