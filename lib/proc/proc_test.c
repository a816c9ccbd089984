// SPDX-License-Identifier: MIT
// Reading a process's status.
#include "test/unit.h"
#include <proc/proc.h>
#include <string.h>

TEST("names and values become fields, and the unknown is passed over")
{
    char text[] = "pid 12\nparent 1\nuid 1000\nstate stopped\ncolour blue\nempty\n"
                  "time 61230000000\nmemory 123456789012\ncommand sh -c ls -l\n";
    struct proc proc;
    proc_parse(text, &proc);
    EXPECT(proc.pid == 12 && proc.parent == 1 && proc.uid == 1000);
    EXPECT(strcmp(proc.state, "stopped") == 0);
    EXPECT(proc.memory == 123456789012);
    EXPECT(strcmp(proc.command, "sh -c ls -l") == 0);
}

TEST("times and sizes are short")
{
    char text[32];
    proc_time(61'230'000'000, text, sizeof text);
    EXPECT(strcmp(text, "1:01.23") == 0);
    proc_size(1, text, sizeof text);
    EXPECT(strcmp(text, "1K") == 0);
    proc_size(100 << 20, text, sizeof text);
    EXPECT(strcmp(text, "100M") == 0);
}
