// SPDX-License-Identifier: MIT
// The one thread of a unit test, as locks know it.
#include <ferrite/thread.h>

uint32_t fe_thread_number(void)
{
    return 1;
}
