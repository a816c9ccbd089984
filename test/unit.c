// SPDX-License-Identifier: MIT
// Runs the tests of one program and says on standard output, a line each, what came of them:
//     PASS program: sentence
//     FAIL program: sentence (file:line: what was expected)
// and at last END program. An argument selects the tests whose sentence contains it.
#include "test/unit.h"
#include <stdio.h>
#include <string.h>
#undef main

static struct unit_test *first, **last = &first;
static const char *program;
static struct unit_test *running;
static bool failed;

void unit_register(struct unit_test *test)
{
    *last = test;
    last = &test->next;
}

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

int main(int count, char **arguments)
{
    const char *slash = strrchr(arguments[0], '/');
    program = slash ? slash + 1 : arguments[0];
    int failures = 0;
    for (running = first; running; running = running->next) {
        if (count > 1 && !strstr(running->sentence, arguments[1])) continue;
        failed = false;
        running->run();
        if (failed)
            failures++;
        else
            printf("PASS %s: %s\n", program, running->sentence);
        fflush(stdout);
    }
    printf("END %s\n", program);
    return failures ? 1 : 0;
}
