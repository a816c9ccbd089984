// SPDX-License-Identifier: MIT
// free: how much memory the machine has, in KiB. See free(1).
#include <proc/proc.h>
#include <stdio.h>

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: free\n", stderr);
        return 2;
    }
    unsigned long long total = proc_figure("meminfo", "MemTotal:");
    unsigned long long left = proc_figure("meminfo", "MemFree:");
    unsigned long long kernel = proc_figure("meminfo", "Kernel:");
    if (total == 0) {
        fputs("free: /proc/meminfo cannot be read\n", stderr);
        return 1;
    }
    printf("%12s %12s %12s %12s\n", "total", "used", "free", "kernel");
    printf("%12llu %12llu %12llu %12llu\n", total, total - left, left, kernel);
    return 0;
}
