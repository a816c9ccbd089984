// SPDX-License-Identifier: MIT
// What lwIP asks of its host, for a program that tests it: a clock that stands until the test moves
// it, and an end when what lwIP asserts does not hold. Included once, by the test itself.
#pragma once

#include <lwip/sys.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t now; // ms

uint32_t sys_now(void)
{
    return now;
}

void lwip_assertion_failed(const char *text, const char *file, int line)
{
    fprintf(stderr, "%s (%s:%d)\n", text, file, line);
    abort();
}
