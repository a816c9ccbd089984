// SPDX-License-Identifier: MIT
// Writes where nothing is, to be ended by it.
#include <stdint.h>

int main(void)
{
    *(volatile int *)(uintptr_t)16 = 1;
    return 0;
}
