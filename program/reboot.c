// SPDX-License-Identifier: MIT
// reboot: ends all services in order and starts the machine anew. See reboot(1).
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(void)
{
    sync();
    if (reboot(RB_AUTOBOOT) != 0) {
        perror("reboot");
        return 1;
    }
    pause();
}
