// SPDX-License-Identifier: MIT
// uptime: the time, for how long the machine runs, and how idle it was. See uptime(1).
#include <proc/proc.h>
#include <stdio.h>
#include <time.h>

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: uptime\n", stderr);
        return 2;
    }
    uint64_t up = proc_figure("system", "uptime") / 1'000'000'000;
    uint64_t idle = proc_figure("system", "idle") / 1'000'000'000;
    uint64_t cpus = proc_figure("system", "cpus");
    time_t now = time(nullptr);
    char clock[16];
    strftime(clock, sizeof clock, "%H:%M:%S", localtime(&now));
    printf("%s up %llu days, %llu:%02llu:%02llu, %llu processes", clock,
           (unsigned long long)up / 86400, (unsigned long long)up / 3600 % 24,
           (unsigned long long)up / 60 % 60, (unsigned long long)up % 60,
           (unsigned long long)proc_figure("system", "processes"));
    if (up * cpus != 0) printf(", %llu%% idle", (unsigned long long)(idle * 100 / (up * cpus)));
    putchar('\n');
    return 0;
}
