// SPDX-License-Identifier: MIT
// poweroff: ends all services in order and switches the machine off. See poweroff(1).
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: poweroff\n", stderr);
        return 2;
    }
    sync();
    if (reboot(RB_POWER_OFF) != 0) {
        perror("poweroff");
        return 1;
    }
    pause();
}
