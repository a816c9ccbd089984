// SPDX-License-Identifier: MIT
// Ending the process.
#include <abi/syscalls.h>
#include <ferrite/start.h>

void fe_exit(int32_t code)
{
    for (;;) {
        [[maybe_unused]] enum status status = fe_process_exit(code);
    }
}
