// SPDX-License-Identifier: MIT
// dmesg: prints the kernel's log. See dmesg(1).
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: dmesg\n", stderr);
        return 2;
    }
    char buffer[8192];
    ssize_t size;
    int file = open("/dev/log", O_RDONLY);
    if (file < 0) {
        perror("dmesg: /dev/log");
        return 1;
    }
    while ((size = read(file, buffer, sizeof buffer)) > 0) {
        if (write(1, buffer, (size_t)size) != size) return 1;
    }
    return size == 0 ? 0 : 1;
}
