// SPDX-License-Identifier: MIT
// What lib/posix reads and writes for SYS_rt_sigaction (struct signal_action), the same on every
// instruction set.

#include <features.h>

struct k_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    _Alignas(8) unsigned mask[2];
};

hidden void __restore(), __restore_rt();
