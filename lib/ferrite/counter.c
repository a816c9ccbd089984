// SPDX-License-Identifier: MIT
// No counter that user space can read: time comes by a call.
#include <ferrite/counter.h>

const bool fe_has_counter = false;

uint64_t fe_counter(void)
{
    return 0;
}
