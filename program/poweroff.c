// SPDX-License-Identifier: MIT
// poweroff: ends all services in order and switches the machine off. See poweroff(1).
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
    sync();
    if (reboot(RB_POWER_OFF) != 0) {
        perror("poweroff");
        return 1;
    }
    pause();
}
