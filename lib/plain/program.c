// SPDX-License-Identifier: MIT
// The plain way into main(), for programs without a C library; one that is linked brings its own
// fe_program_start, which comes first.
#include <abi/syscalls.h>
#include <ferrite/start.h>
#include <ferrite/thread.h>

int main(int count, char **arguments);

void fe_program_start(struct fe_start *start)
{
    static struct fe_thread_block block;
    char *arguments[64];
    fe_thread_block_use(&block);
    uint32_t count = 0;
    while (count < 63 && count < start->argument_count) {
        arguments[count] = (char *)fe_start_argument(count);
        count++;
    }
    arguments[count] = nullptr;
    fe_exit(main((int)count, arguments));
}
