// SPDX-License-Identifier: MIT
// Runs the tests of a host program, see unit.h. An argument selects those whose sentence contains
// it. The exit code is 1 when one failed.
#include "test/unit.h"
#include <stdio.h>
#include <string.h>
#undef main

static const char *program;
static struct unit_test *running;
static bool failed;

bool unit_failed(void)
{
    return failed;
}

void unit_fail(const char *file, int line, const char *what)
{
    if (failed) return;
    failed = true;
    printf("FAIL %s: %s (%s:%d: %s)\n", program, running->sentence, file, line, what);
}

[[clang::no_sanitize("address")]]
int main(int count, char **arguments)
{
    const char *slash = strrchr(arguments[0], '/');
    program = slash ? slash + 1 : arguments[0];
    bool any = false;
    for (running = unit_tests_start; running < unit_tests_stop; running++) {
        if (count > 1 && !strstr(running->sentence, arguments[1])) continue;
        failed = false;
        running->run();
        any |= failed;
        if (!failed) printf("PASS %s: %s\n", program, running->sentence);
        fflush(stdout);
    }
    printf("END %s\n", program);
    return any ? 1 : 0;
}
