// SPDX-License-Identifier: MIT
// The words of the unit's line: a port, and after how many seconds a peer that is silent is asked.
#include "arguments.h"

#include <stdlib.h>

// 1 to 65535, of digits alone; 0: it is none.
static uint16_t read_number(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9') return 0;
    unsigned long number = strtoul(text, &end, 10);
    return *end == '\0' && number <= UINT16_MAX ? (uint16_t)number : 0;
}

const char *arguments_read(int count, char **words, struct arguments *arguments)
{
    if (count != 3) return "usage: sshd port seconds";
    *arguments = (struct arguments){
        .port = read_number(words[1]),
        .silence = read_number(words[2]),
    };
    if (arguments->port == 0) return "the port is no number of 1 to 65535";
    if (arguments->silence == 0) return "the seconds of silence are no number of 1 to 65535";
    return nullptr;
}
