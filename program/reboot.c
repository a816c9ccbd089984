// SPDX-License-Identifier: MIT
// reboot: ends all services in order and starts the machine anew. See reboot(1).
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int count, char **)
{
    if (count > 1) {
        fputs("usage: reboot\n", stderr);
        return 2;
    }
    sync();
    if (reboot(RB_AUTOBOOT) != 0) {
        perror("reboot");
        return 1;
    }
    pause();
}
